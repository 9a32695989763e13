//! Traces to a collector that speaks OTLP over HTTP.

use std::collections::HashMap;
use std::time::Duration;

use ludus_actors::trace;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider,
};
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;

use super::{Unusable, client};
use crate::config::Traces;

/// Spans that may wait for the collector. Those that come when it is full are not told.
const QUEUE_MAX: usize = 2_048;
/// Spans of one message.
const BATCH_MAX: usize = 512;
/// How often what there is is sent.
const EVERY: Duration = Duration::from_secs(2);
/// How long one message may take.
const SEND_WITHIN: Duration = Duration::from_secs(5);

/// What sends them, from a thread of its own. `None`: nobody asked for it.
pub(super) fn provider(traces: &Traces) -> Result<Option<SdkTracerProvider>, Unusable> {
    let Some(endpoint) = &traces.endpoint else {
        return Ok(None);
    };
    let headers = traces.headers.iter();
    let headers: HashMap<String, String> = headers
        .map(|(name, value)| (name.clone(), value.reveal().to_owned()))
        .collect();
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(client(SEND_WITHIN)?)
        .with_endpoint(endpoint)
        .with_timeout(SEND_WITHIN)
        .with_headers(headers)
        .build()
        .map_err(|error: ExporterBuildError| Unusable::Traces(error.to_string()))?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE_MAX)
        .with_max_export_batch_size(BATCH_MAX)
        .with_scheduled_delay(EVERY)
        .build();
    let processor = BatchSpanProcessor::builder(exporter)
        .with_batch_config(batches)
        .build();
    let resource = Resource::builder()
        .with_service_name("ludus")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(traces.sample)));
    let provider = SdkTracerProvider::builder()
        .with_span_processor(processor)
        .with_sampler(sampler)
        .with_resource(resource)
        .build();
    Ok(Some(provider))
}

/// Hears the hub's own spans and nobody else's.
pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("ludus"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(Targets::new().with_target(trace::TARGET, LevelFilter::DEBUG))
}

# An index of what one does here. `just` lists it.

_default:
    @just --list

# Start a hub on ./ludus-data
run *args:
    cargo run --release -- {{ args }}

# Start a hub full of life on a throwaway database
demo *args:
    cargo run --release -- demo {{ args }}

# Everything, as continuous integration runs it
test:
    ./test

# Formatting, lints, unit tests: before each commit
quick:
    ./test quick

# Format the code
fmt:
    cargo fmt --all

# Look at changed snapshots
snapshots:
    cargo insta review

# Read the documentation of the code
docs:
    cargo doc --workspace --no-deps --document-private-items --open

# How fast the page is, in figures, beside what was promised
speed:
    tests/browser/run speed

# Lighthouse on the home of a learner and on a room (against a release build)
lighthouse:
    cargo build --release
    tests/lighthouse/run

// English texts of the content views whose words depend on a number.

export default {
  '{n} points in all': { one: '{n} point in all', other: '{n} points in all' },
  '{n} things to put right': { one: '{n} thing to put right', other: '{n} things to put right' },
  '{n} times': { one: '{n} time', other: '{n} times' },
};

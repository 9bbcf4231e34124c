package testdb

// AwaitMidnight exports awaitMidnight for its test.
var AwaitMidnight = awaitMidnight

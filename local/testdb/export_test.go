package testdb

// AwaitMidnight is for the test of it.
var AwaitMidnight = awaitMidnight

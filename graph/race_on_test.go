//go:build race

package graph_test

// raced says that the race detector is on, under which stacks are larger.
const raced = true

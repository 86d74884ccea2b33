package graph

import "sync/atomic"

// tries counts how often a crowded tag was made.
var tries atomic.Int64

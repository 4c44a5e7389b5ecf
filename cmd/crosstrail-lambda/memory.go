package main

// What a function of the least memory spends beside what it reads: the program, the
// connections, and the events that are on their way into the table.
const (
	program = 28 << 20
	flying  = 16 << 20
)

// heap is what the Go heap may grow to before it is collected at any cost: Lambda
// ends a process that goes beyond the function's memory.
func (c *config) heap() int64 { return c.memory - program }

// budget is how much of the files that are read may be in memory.
func (c *config) budget() int64 { return c.heap() - flying }

// memoryFor is the memory of a function, in MB, of which budget leaves so much.
func memoryFor(budget int64) int64 { return (budget + program + flying + 1<<20 - 1) >> 20 }

// workers is how many files are read at once: they wait for DynamoDB most of the
// time, and each has a share of the memory.
func (c *config) workers() int {
	if c.memory < 512<<20 {
		return 4
	}
	return 16
}

// ahead is how much of one message's objects is fetched before it is asked for.
func (c *config) ahead() int64 { return c.budget() / (16 * feeds) }

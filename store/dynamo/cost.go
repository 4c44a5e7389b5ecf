package dynamo

// Cost is what reading costs, or has cost.
type Cost struct {
	Units   float64 // read request units
	Bytes   int64   // that they stand for at least
	Dollars float64 // on demand, in us-east-1
}

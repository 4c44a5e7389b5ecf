// Package stack drives CloudFormation: it shows what a template would change, does it
// with progress, tells the resource that failed when all was rolled back, and takes a
// stack down. It knows nothing of what a template is for.
//
//	c := stack.New(cfg)
//	plan, err := c.Plan(ctx, stack.Stack{…})  // a change set, read whole; nothing is changed yet
//	…                                         // the user agrees to plan.Changes, or c.Drop(ctx, plan)
//	outputs, err := c.Do(ctx, plan, told)     // told hears every step
//	err = c.Delete(ctx, name, told)
//
// AWS holds all state: a run that was interrupted is found again by the next. A stack
// without our tag is never touched. Where another operator's operation runs, Plan and
// Delete wait for its end; where another's change came between Plan and Do, Do changes
// nothing and gives [ErrObsolete].
//
// Sources: CloudFormation API Reference; User Guide, "Understand CloudFormation stack
// creation events", "Stack status codes", "Troubleshooting CloudFormation", "StackSets".
package stack

// Each test has a daemon and a peer at work; more than one at a time would only measure the machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

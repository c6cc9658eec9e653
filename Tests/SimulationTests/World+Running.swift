/// What came of a world.
struct Outcome {
    let seed: UInt64
    let failure: String?
    let trace: [String]
    let events: Int
    let messages: Int
}

extension World {
    /// Runs the world of a seed to its end.
    static func run(seed: UInt64, sabotage: Sabotage? = nil, isTraced: Bool = false) -> Outcome {
        let world = World(seed: seed, sabotage: sabotage, isTraced: isTraced)
        world.run()
        defer { world.end() }
        return Outcome(
            seed: seed, failure: world.judge.failure, trace: world.trace.lines, events: world.eventsHandled,
            messages: world.judge.written.count)
    }

    private func run() {
        let people = People(world: self)
        var isOver = false
        after(3.s) { people.goOn(self.plan.actions) { isOver = true } }
        while !isOver, judge.failure == nil { run(until: time + 3600.s) { isOver } }
        people.calmDown()
        // Sleep, silent connections, the longest waits between attempts, and the next look for left messages.
        run(until: time + 180.s)
        people.hurryOnce()
        run(until: time + 60.s)
        people.readAll()
        run(until: time + 120.s)
        if judge.failure == nil { judge.checkAtRest() }
        let (attemptsBefore, eventsBefore) = (attempts, eventsHandled)
        run(until: time + 60.s)
        judge.checkIdle(attempts: attempts - attemptsBefore, events: eventsHandled - eventsBefore)
    }
}

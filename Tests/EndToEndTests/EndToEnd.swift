import Testing

/// The real programs in real terminals, one test at a time: each has processes of its own, and the clock matters.
@Suite(.serialized, .timeLimit(.minutes(5))) enum EndToEnd {}

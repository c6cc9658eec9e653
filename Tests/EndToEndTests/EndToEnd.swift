import Testing

/// The real programs in real terminals, one test at a time: each starts processes of its own, and times matter.
@Suite(.serialized, .timeLimit(.minutes(5))) enum EndToEnd {}

import ChatServer
import RateLimiting

/// What kind of world a seed makes: who is in it, and what goes wrong there.
struct Plan {
    let seed: UInt64
    /// The server is the older one, which knows protocol 1 only.
    var isServerOld = false
    /// One of the users has a client of protocol 1.
    var hasOldClient = false
    /// How much is done before the world calms down.
    var actions = 40
    /// Of a hundred connections, so many meet with something.
    var badConnections = 0
    /// Of a hundred requests over HTTP, so many fail.
    var badRequests = 0
    /// HTTP answers 404.
    var hasNoHistory = false
    var hasCrashes = false
    var hasRestores = false
    /// The copy that is restored comes under the old epoch.
    var keepsEpoch = false
    var hasStorageFailures = false
    var hasDiskFailures = false
    var hasPowerFailures = false
    var hasNights = false
    var rate: Rate?
    /// How many messages the server's older pages have at most, and this machine's.
    var (serverPage, diskPage) = (200, 200)
    /// Frames go through JSON.
    var encodesFrames = false
    /// Some texts are written several times.
    var repeatsTexts = false
    /// Windows go from one conversation to another, and begin with the list.
    let hasTurns: Bool
    /// Users block each other for a while. After a restore nobody could say what was delivered.
    var hasBlocks = false
    /// So many servers have the database. A load balancer chooses one for each connection.
    var nodes = 1
    /// Of a hundred parcels on the bus between them, so many are lost, late or come twice.
    var badParcels = 0

    init(seed: UInt64, dice: inout Dice) {
        self.seed = seed
        hasTurns = seed % 4 == 0
        isServerOld = dice.chance(15)
        hasOldClient = dice.chance(30)
        actions = dice.from(10...60)
        badConnections = dice.chance(20) ? 0 : dice.below(90)
        badRequests = dice.chance(40) ? 0 : dice.below(60)
        hasNoHistory = dice.chance(isServerOld ? 25 : 3)
        hasCrashes = dice.chance(60)
        hasRestores = !isServerOld && hasCrashes && dice.chance(30)
        keepsEpoch = dice.chance(30)
        hasStorageFailures = dice.chance(40)
        hasDiskFailures = dice.chance(40)
        hasPowerFailures = !isServerOld && dice.chance(25)
        hasNights = dice.chance(10)
        if dice.chance(40) { rate = Rate(burst: dice.from(1...6), perSecond: dice.from(1...3)) }
        if dice.chance(60) { (serverPage, diskPage) = (dice.from(2...12), dice.from(2...12)) }
        encodesFrames = dice.chance(8)
        repeatsTexts = !isServerOld && dice.chance(30)
        hasBlocks = seed % 5 == 0 && !isServerOld && !hasRestores
        if seed % 3 == 1, !isServerOld {
            nodes = seed % 2 == 0 ? 2 : 3
            badParcels = dice.chance(30) ? 0 : dice.below(50)
        }
    }
}

/// A rule broken on purpose, outside of the machines: the simulation has to find out.
enum Sabotage: CaseIterable {
    /// A connection delivers frames in another order than they were sent in.
    case networkReorders
    /// A connection leaves a frame out.
    case networkLoses
    /// The client says that it has messages which are still on their way to its disk.
    case acknowledgesBeforeDisk
    /// The client sends what is not on its disk yet.
    case transmitsBeforeDisk
    /// The client forgets what was in flight when a connection ended.
    case forgetsInFlight
    /// The feed's position and what it stands for reach the client's disk one after the other.
    case tearsTransactions
    /// The server confirms what is still on its way into its database.
    case confirmsBeforeCommit
    /// A connection gets live messages only once its user's feed was looked up.
    case registersLate
    /// A message sent once more is stored once more.
    case forgetsRepeats
    /// A read mark is passed on as one further than it is.
    case exaggeratesMarks
    /// What a block withheld is not delivered when it ends.
    case forgetsWithheld
    /// Nobody looks for messages whose hints were lost between nodes.
    case trustsHints
}

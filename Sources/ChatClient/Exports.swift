// Whoever uses the client is told its updates, so their vocabulary comes with it.
@_exported import ClientUpdates

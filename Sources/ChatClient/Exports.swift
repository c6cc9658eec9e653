// Users of this module handle its updates, so it exports the types of the updates.
@_exported import ClientUpdates

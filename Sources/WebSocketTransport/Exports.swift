// The errors are values of a module without side effects, so that the client and the screen know them too.
@_exported import SystemErrors

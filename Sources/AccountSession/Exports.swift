// The problems of files are part of `AccountProblem`.
@_exported import SystemErrors

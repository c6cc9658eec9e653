/// What is wrong with a server's certificate.
public enum CertificateProblem: Error, Sendable, Hashable {
    /// It is for another host.
    case otherName
    /// Its last day is over.
    case expired
    /// Its first day has not come.
    case notYetValid
    /// No trusted authority signed it.
    case notTrusted
    /// It could not be checked. The text is the TLS library's.
    case unreadable(String)
}

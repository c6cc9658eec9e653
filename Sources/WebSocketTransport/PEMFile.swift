import HostSystem

/// Reads a file of certificates or of a key. A link may lead to it, and it may be a pipe.
enum PEMFile {
    /// All authorities of a system take a quarter of a megabyte.
    private static let longest = 4 << 20

    static func bytes(_ path: String) throws(TLSFileError) -> [UInt8] {
        do throws(InputFile.Problem) {
            return try InputFile.contents(of: path, limit: longest, takesNullDevice: false)
        } catch {
            throw .inaccessible(path, FileObstacle(error))
        }
    }
}

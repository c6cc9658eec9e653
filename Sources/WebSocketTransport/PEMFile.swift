import HostSystem

/// Reads a PEM file with certificates or a key. The path may be a link or a pipe. A device is refused, and a pipe
/// without a writer does not keep the program waiting.
enum PEMFile {
    /// In bytes. All authorities of a system take a quarter of a megabyte.
    private static let longest = 4 << 20

    static func bytes(_ path: String) throws(TLSFileError) -> [UInt8] {
        do throws(InputFile.Problem) {
            return try InputFile.contents(of: path, limit: longest, takesNullDevice: false)
        } catch {
            throw .inaccessible(path, FileObstacle(error))
        }
    }
}

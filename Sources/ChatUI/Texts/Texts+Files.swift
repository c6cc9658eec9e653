import ChatWire
import SystemErrors

// Messages about files that the user names: the token, the settings, the certificates of additional authorities.

extension Texts {
    /// A kind of file that the user names.
    public enum NamedFile: Sendable, Hashable {
        case token, settings, authorities
    }

    public func inaccessible(_ file: NamedFile, _ path: String, _ obstacle: FileObstacle) -> String {
        let (name, path) = (name(of: file), UntrustedText(path))
        return switch obstacle {
        case .missing: choose("нет \(genitive(of: file)) \(path)", "there is no \(name) \(path)")
        case .folder:
            choose("\(path) — это папка, а нужен \(name)", "\(path) is a folder; the \(name) must be a file")
        case .notAFile:
            choose("\(path) — это устройство, а нужен \(name)", "\(path) is a device; the \(name) must be a file")
        case .notPermitted:
            choose("нет прав на чтение \(genitive(of: file)) \(path)", "no permission to read the \(name) \(path)")
        case .silent:
            choose(
                "\(name) прочитан не до конца: канал \(path) за 5 секунд не передал его целиком",
                "the \(name) is incomplete: the pipe \(path) did not deliver all of it within 5 seconds")
        case .tooLong: choose("\(name) \(path) слишком велик", "the \(name) \(path) is too large")
        case .system(let number):
            choose(
                "\(name) \(path) не удалось прочитать: \(systemError(number))",
                "the \(name) \(path) cannot be read: \(systemError(number))")
        }
    }

    private func name(of file: NamedFile) -> String {
        switch file {
        case .token: choose("файл с токеном", "token file")
        case .settings: choose("файл настроек", "settings file")
        case .authorities: choose("файл --ca-file", "file --ca-file")
        }
    }

    private func genitive(of file: NamedFile) -> String {
        switch file {
        case .token: choose("файла с токеном", "token file")
        case .settings: choose("файла настроек", "settings file")
        case .authorities: choose("файла --ca-file", "file --ca-file")
        }
    }

    public func tokenFile(_ path: String, _ problem: TokenFileProblem) -> String {
        switch problem {
        case .inaccessible(let obstacle): inaccessible(.token, path, obstacle)
        case .empty:
            choose("файл с токеном \(UntrustedText(path)) пуст", "the token file \(UntrustedText(path)) is empty")
        case .notAToken:
            choose(
                "в файле \(UntrustedText(path)) не токен: нужна одна строка без пробелов",
                "the file \(UntrustedText(path)) does not hold a token: it must be one line without spaces")
        }
    }

    public func authorities(_ error: TLSFileError) -> String {
        switch error {
        case .inaccessible(let path, let obstacle): inaccessible(.authorities, path, obstacle)
        case .empty(let path):
            choose("файл --ca-file \(UntrustedText(path)) пуст", "the file --ca-file \(UntrustedText(path)) is empty")
        case .unreadable(let path), .mismatch(let path, _):
            choose(
                "нет сертификатов в файле --ca-file \(UntrustedText(path))",
                "no certificates in the file --ca-file \(UntrustedText(path))")
        }
    }
}

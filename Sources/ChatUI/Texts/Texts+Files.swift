import ChatWire
import SystemErrors

// Messages about files that the user names: the token, the settings, the certificates of additional authorities.

extension Texts {
    /// A kind of file that the user names.
    public enum NamedFile: Sendable, Hashable {
        case token, settings, authorities
    }

    public func inaccessible(_ file: NamedFile, _ path: String, _ obstacle: FileObstacle) -> String {
        let (name, path) = (name(of: file), shown(path: path))
        return switch obstacle {
        case .missing: choose("нет \(genitive(of: file)) \(path)", "there is no \(name) \(path)")
        case .folder:
            choose("нужен \(name), а \(path) — это папка", "the \(name) must be a file, but \(path) is a folder")
        case .notAFile:
            choose("нужен \(name), а \(path) — это устройство", "the \(name) must be a file, but \(path) is a device")
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
        case .authorities: choose("файл с сертификатами", "certificate file")
        }
    }

    private func genitive(of file: NamedFile) -> String {
        switch file {
        case .token: choose("файла с токеном", "token file")
        case .settings: choose("файла настроек", "settings file")
        case .authorities: choose("файла с сертификатами", "certificate file")
        }
    }

    public func tokenFile(_ path: String, _ problem: TokenFileProblem) -> String {
        switch problem {
        case .inaccessible(let obstacle): inaccessible(.token, path, obstacle)
        case .empty:
            choose("файл с токеном \(shown(path: path)) пуст", "the token file \(shown(path: path)) is empty")
        case .notAToken:
            choose(
                "в файле \(shown(path: path)) не токен: нужна одна строка без пробелов",
                "the file \(shown(path: path)) does not hold a token: it must be one line without spaces")
        }
    }

    public func authorities(_ error: TLSFileError) -> String {
        switch error {
        case .inaccessible(let path, let obstacle): inaccessible(.authorities, path, obstacle)
        case .empty(let path):
            choose(
                "файл с сертификатами \(shown(path: path)) пуст", "the certificate file \(shown(path: path)) is empty")
        case .unreadable(let path), .mismatch(let path, _):
            choose(
                "в файле \(shown(path: path)) нет сертификатов (PEM)",
                "the file \(shown(path: path)) holds no certificates (PEM)")
        }
    }
}

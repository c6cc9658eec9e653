import ChatWire
import ClientUpdates
import SystemErrors

// Messages about certificates, files and this user's own server.

extension Texts {
    func notStarted(_ failure: LinkEnd.StartFailure) -> String {
        switch failure {
        case .systemCall(let name, let number): serverNotStarted(name, number)
        case .ended(let log): serverEnded(log: log ?? "chat-server")
        }
    }

    func unusable(_ obstacle: LinkEnd.Obstacle) -> String {
        switch obstacle {
        case .tokenFile(let path): unreadableToken(path)
        case .authorities(let error): authorities(error)
        case .localSocket(let error): localSocket(error)
        case .homeless: noHome
        }
    }

    public var noHome: String {
        choose(
            "переменная HOME не указывает на папку: задайте в ней путь к домашней папке",
            "the variable HOME does not name a folder: set it to your home folder")
    }

    func certificate(_ problem: CertificateProblem) -> String {
        switch problem {
        case .otherName:
            choose("сертификат выдан не этому серверу", "the certificate was issued for another server")
        case .notTrusted:
            choose(
                "сертификат сервера просрочен или выдан неизвестным центром (--ca-file)",
                "the server's certificate has expired or is not trusted (--ca-file)")
        case .unreadable:
            choose("сертификат сервера не удалось проверить", "the server's certificate could not be checked")
        }
    }

    func authorities(_ error: TLSFileError) -> String {
        switch error {
        case .inaccessible(let path, let obstacle): inaccessible("--ca-file \(UntrustedText(path))", obstacle)
        case .unreadable(let path), .mismatch(let path, _):
            choose(
                "нет сертификатов в файле --ca-file \(UntrustedText(path))",
                "no certificates in the file --ca-file \(UntrustedText(path))")
        }
    }

    private func inaccessible(_ file: String, _ obstacle: FileObstacle) -> String {
        switch obstacle {
        case .missing: choose("нет файла \(file)", "there is no file \(file)")
        case .notAFile:
            choose("\(file): нужен файл, а не папка или устройство", "\(file) must be a file, not a folder or device")
        case .notPermitted: choose("нет прав на чтение файла \(file)", "no permission to read the file \(file)")
        case .silent:
            choose(
                "канал \(file) за 5 секунд не передал всё до конца",
                "the pipe \(file) did not deliver everything within 5 seconds")
        case .tooLong: choose("файл \(file) слишком велик", "the file \(file) is too large")
        case .system(let number):
            choose(
                "файл \(file) не удалось прочитать: \(systemError(number))",
                "the file \(file) cannot be read: \(systemError(number))")
        }
    }

    public func unreadableToken(_ path: String) -> String {
        choose("нет токена в файле \(UntrustedText(path))", "no token in the file \(UntrustedText(path))")
    }

    func localSocket(_ error: LocalSocketError) -> String {
        switch error {
        case .pathTooLong(let path, let limit):
            choose(
                "путь к сокету длиннее, чем позволяет система (\(limit) байт): \(UntrustedText(path))",
                "the socket's path is longer than the system allows (\(limit) bytes): \(UntrustedText(path))")
        case .strangersProcess(let path), .anothersSocket(let path):
            choose(
                "сокет \(UntrustedText(path)) слушает чужая программа, ей ничего не отправлено",
                "another user's program listens on \(UntrustedText(path)); nothing was sent to it")
        case .unsafeFolder(let folder, _):
            choose(
                "папка \(UntrustedText(folder)) доступна не только вам: сервер в ней может быть чужим",
                "others have access to the folder \(UntrustedText(folder)): a server in it may not be yours")
        case .system(_, let number): serverNotStarted("lstat", number)
        case .heldByAnother(let path), .notASocket(let path):
            choose("нет сокета \(UntrustedText(path))", "there is no socket \(UntrustedText(path))")
        }
    }

    func serverEnded(log: String) -> String {
        let log = UntrustedText(log)
        return choose("сервер не запускается, причина в \(log)", "the server does not start; \(log) says why")
    }

    func serverNotStarted(_ call: String, _ number: Int32) -> String {
        let reason = "\(call): \(systemError(number))"
        return choose("сервер не запускается: \(reason)", "the server does not start: \(reason)")
    }
}

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
            "HOME не указывает на папку: укажите в ней домашнюю папку",
            "HOME names no folder: set it to your home folder")
    }

    func certificate(_ problem: CertificateProblem) -> String {
        switch problem {
        case .otherName:
            choose("сертификат выдан не этому серверу", "the certificate is not this server's")
        case .notTrusted:
            choose(
                "сертификат сервера просрочен или не заверен (--ca-file)",
                "the server's certificate is out of date or not trusted (--ca-file)")
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
            choose("\(file): нужен файл, а не папка или устройство", "\(file): no file, but a folder or device")
        case .notPermitted: choose("нет прав прочесть файл \(file)", "no permission to read the file \(file)")
        case .silent:
            choose(
                "в канал \(file) за 5 секунд никто не написал всё до конца",
                "nobody wrote all of it to the pipe \(file) within 5 seconds")
        case .tooLong: choose("файл \(file) слишком велик", "the file \(file) is too large")
        case .system(let number):
            choose(
                "файл \(file) не прочесть: \(systemError(number))",
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
                "путь к сокету длиннее \(limit) байт, система такого не берёт: \(UntrustedText(path))",
                "the socket's path is over \(limit) bytes, more than the system takes: \(UntrustedText(path))")
        case .strangersProcess(let path), .anothersSocket(let path):
            choose(
                "сокет \(UntrustedText(path)) слушает чужая программа, ей ничего не сказано",
                "another user's program listens on \(UntrustedText(path)), it was told nothing")
        case .unsafeFolder(let folder, _):
            choose(
                "папка \(UntrustedText(folder)) не только ваша: сервер в ней может быть чужим",
                "the folder \(UntrustedText(folder)) is not yours alone: its server may be another's")
        case .system(_, let number): serverNotStarted("lstat", number)
        case .heldByAnother(let path), .notASocket(let path):
            choose("нет сокета \(UntrustedText(path))", "there is no socket \(UntrustedText(path))")
        }
    }

    func serverEnded(log: String) -> String {
        let log = UntrustedText(log)
        return choose("сервер не запускается, причина в \(log)", "the server does not start, \(log) says why")
    }

    func serverNotStarted(_ call: String, _ number: Int32) -> String {
        let reason = "\(call): \(systemError(number))"
        return choose("сервер не запускается: \(reason)", "the server does not start: \(reason)")
    }
}

import ChatWire
import Testing

@testable import ChatClient

/// The lines of the client's log. They have one language, in which operators look for them with `grep`.
@Suite("The client's log")
struct LogLineTests {
    @Test("the first version's lines stay as they were")
    func firstLines() {
        let message = Message(
            id: "m1", sender: bob, receiver: anna, text: "привет", createdAt: Timestamp(seconds: 1_700_000_000))
        let lines: [LogLine] = [
            .connecting, .connected, .authorized, .received(message), .sent("m2"), .refusedByServer(nil),
            .badEvent("no type"),
        ]
        #expect(
            lines.map(\.text) == [
                "Chat: Подключаемся к WebSocket серверу", "Chat: WebSocket соединение установлено",
                "Chat: Авторизация в WebSocket успешна",
                "Chat: Получено новое сообщение: {id: m1, senderId: bob, length: 6}",
                "Chat: Сообщение успешно отправлено: m2", "Chat: Сервер ответил ошибкой: без кода",
                "Chat: Событие не разобрано: no type",
            ])
    }

    @Test(
        "why a connection ended is told in Russian, and what the system said as it said it",
        arguments: [
            (LinkEnd.unreachable(.noRoute), "сервер недоступен (нет маршрута)"),
            (.certificate(.otherName), "сертификат выдан не этому серверу"),
            (.certificate(.unreadable("bad DER")), "сертификат сервера не удалось проверить (bad DER)"),
            (.notStarted(.systemCall("posix_spawn", 2)), "сервер не запускается: posix_spawn: errno 2"),
            (.notStarted(.ended(log: "/l")), "сервер не запускается, причина в /l"),
            (.notStarted(.storeInUse(path: "/d")), "сервер не запускается: базой /d занят другой сервер"),
            (.unusable(.tokenFile(path: "/t", .notAToken)), "в файле --token-file /t не токен"),
            (.unusable(.authorities(.inaccessible("/c", .missing))), "нет файла --ca-file /c"),
            (.unusable(.localSocket(.notASocket("/s"))), "нет сокета /s"),
        ])
    func ends(_ end: LinkEnd, _ reason: String) {
        #expect(LogLine.disconnected(end).text == "Chat: WebSocket соединение закрыто: \(reason)")
    }

    @Test(
        "so is why the history is not saved",
        arguments: [(StoreFailure.diskFull, "нет места на диске"), (.system(5), "errno 5")])
    func disk(_ failure: StoreFailure, _ reason: String) {
        #expect(LogLine.storeFailed(failure).text == "Chat: Локальная история не сохраняется: \(reason)")
    }
}

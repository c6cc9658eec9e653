import Foundation
import MarketplaceStandIn
import NIOPosix
import Testing
import WebSocketTransport

extension EndToEnd {
    /// Products that the marketplace describes, and a server that takes its tokens.
    @Suite struct MarketplaceProductTests {
        private static let (anna, ivan) = (
            "00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b"
        )
        private static let sofa = "00000000-0000-4000-8000-000000000042"

        let home: Home

        init() throws { home = try Home() }

        private func project(_ settings: Settings = Settings()) async throws -> MarketplaceStandIn {
            try await MarketplaceStandIn(
                settings: settings,
                accounts: [
                    Account("anna@shop.example", password: "password-1", id: Self.anna, name: "Анна"),
                    Account("ivan@shop.example", password: "password-2", id: Self.ivan, name: "Иван Петров"),
                ],
                products: [Product(id: Self.sofa, title: "Диван угловой", price: 12500, seller: Self.ivan)])
        }

        private func server(_ project: MarketplaceStandIn) async throws -> ServerProcess {
            let server = try await ServerProcess.start(home: home, options: ["--supabase-url", project.url])
            try await wait(for: "a server that can check tokens") {
                (try? server.get("/readyz"))?.contains(#""ready""#) == true ? true : nil
            }
            return server
        }

        /// Logs in, and puts the token into a file.
        private func logIn(_ name: String, _ password: String, at project: MarketplaceStandIn) async throws {
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            let body = #"{"email":"\#(name)@shop.example","password":"\#(password)"}"#
            let answer = try await client.send(
                .init(
                    method: "POST", target: "/auth/v1/token?grant_type=password",
                    headers: ["apikey": project.apiKeys.publishable, "Content-Type": "application/json"],
                    body: Array(body.utf8)),
                to: .tcp(host: "127.0.0.1", port: project.port, tls: false))
            let json = try #require(
                JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
            try home.write(try #require(json["access_token"] as? String), to: name + ".token")
        }

        private func window(
            _ name: String, _ id: String, _ options: [String], _ project: MarketplaceStandIn, _ server: ServerProcess,
            columns: Int = 100
        ) throws -> TmuxTerminal {
            try home.write(
                """
                project = "\(project.url)"
                apikey = "\(project.apiKeys.publishable)"
                url = "\(server.url)"
                token-file = "\(home.file(name + ".token"))"
                user = "\(id)"

                """, to: name + ".toml")
            return try TmuxTerminal(
                [try Programs.built("chat-tui"), "--config", home.file(name + ".toml")] + options, home: home,
                columns: columns)
        }

        @Test("the product's id is enough: title, price and seller come from the marketplace, and later from the disk")
        func product() async throws {
            let project = try await project()
            let server = try await server(project)
            try await logIn("anna", "password-1", at: project)
            var anna = try window("anna", Self.anna, ["--product-id", Self.sofa], project, server)
            try await anna.waitUntilConnected()
            try await anna.wait(for: "the product") {
                $0.header.contains("по товару «Диван угловой» · 12 500 ₽") && $0.header.contains("Иван Петров")
            }
            try await anna.send("Ещё продаёте?")
            try await logIn("ivan", "password-2", at: project)
            let ivan = try window("ivan", Self.ivan, ["--seller", Self.anna], project, server)
            try await ivan.wait(forText: "Ещё продаёте?")
            try await ivan.wait(for: "the product") { $0.header.contains("«Диван угловой» · 12 500 ₽") }
            let requests = project.requests(of: .rest)
            #expect(requests.allSatisfy { $0.header("apikey") == project.apiKeys.publishable })
            #expect(requests.allSatisfy { $0.header("Authorization")?.hasPrefix("Bearer ey") == true })
            await project.goDown()
            anna = try window("anna", Self.anna, ["--product-id", Self.sofa], project, server)
            try await anna.wait(for: "what the disk has") {
                $0.header.contains("Иван Петров") && $0.header.contains("«Диван угловой» · 12 500 ₽")
            }
            let sent = try await CommandRun.outcome(
                [
                    "send", "--config", home.file("anna.toml"), "--to", Self.ivan,
                    "--product-id", Self.sofa, "--json", "Торг есть?",
                ], home: home)
            #expect(sent.code == 0 && sent.output.contains(#""product_title":"Диван угловой""#), "\(sent)")
            await project.end()
        }

        @Test("a product that cannot be read, or a marketplace that is down, is told where there is nobody to write to")
        func sentences() async throws {
            let project = try await project()
            let server = try await server(project)
            try await logIn("anna", "password-1", at: project)
            func complaint(_ id: String) async throws -> String {
                _ = try window("anna", Self.anna, [], project, server)
                return try await CommandRun.outcome(
                    ["--config", home.file("anna.toml"), "--product-id", id, "--plain"], home: home
                ).errors
            }
            for id in ["00000000-0000-4000-8000-000000000043", "лампа", "1) or (1=1"] {
                #expect(try await complaint(id).contains("не найден или вам не показан"))
            }
            #expect(try await complaint("").contains("такой товар не найден или вам не показан"))
            let expired = #"{"code":"PGRST303","message":"JWT expired"}"#
            let denied = #"{"code":"42501","message":"permission denied for table products"}"#
            for (fault, sentence) in [
                (Fault.unavailable, "сайт с товарами ответил ошибкой HTTP 503"),
                (.loseRequest, "сайт с товарами не ответил"),
                (.answer(Response(status: 401, body: Array(expired.utf8))), "войдите снова, chat-tui login"),
                (.answer(Response(status: 403, body: Array(denied.utf8))), "войдите снова, chat-tui login"),
                (.answer(Response(status: 404, body: Array("<html>".utf8))), "ответил ошибкой HTTP 404"),
            ] {
                project.mend()
                project.fail(.rest, fault)
                let complaint = try await complaint(Self.sofa)
                #expect(complaint.contains(sentence), "\(complaint)")
            }
            await project.goDown()
            let complaint = try await complaint(Self.sofa)
            #expect(complaint.contains("недоступен: порт закрыт; проверьте сеть"), "\(complaint)")
            await project.end()
        }

        @Test(
            "whatever the marketplace answers, the window is there at once, and shows nothing that harms",
            arguments: [
                Fault.silence, .hugeAnswer(bytes: 3 << 20), .garbage([0x1B, 0x5B, 0x32, 0x4A]),
                .trickle(pauseSeconds: 0.5), .unavailable,
                .answer(Response(status: 200, body: Array(#"[{"title":["a"],"price":-1,"seller_id":7}]"#.utf8))),
                .strings("\u{1B}[31mred\u{07}\u{202E}", except: []),
            ]) func hostile(fault: Fault) async throws
        {
            let project = try await project()
            let server = try await server(project)
            try await logIn("anna", "password-1", at: project)
            project.fail(.rest, fault)
            let anna = try window(
                "anna", Self.anna, ["--seller", Self.ivan, "--product-id", Self.sofa], project, server)
            try await anna.waitUntilConnected()
            try await anna.send("Добрый день")
            try await wait(for: "the question") { project.requests(of: .rest).isEmpty ? nil : true }
            let screen = try anna.capture()
            #expect(!screen.header.contains("\u{1B}") && !screen.header.contains("\u{202E}"))
            // Mended, it is asked again with the next connection.
            await project.end()
        }

        @Test("a window that has to ask for the seller says so before it opens") func aSlowMarketplace() async throws {
            let project = try await project()
            let server = try await server(project)
            try await logIn("anna", "password-1", at: project)
            project.fail(.rest, .delay(seconds: 3), times: 1)
            let anna = try window("anna", Self.anna, ["--product-id", Self.sofa], project, server)
            try await anna.wait(forText: "Спрашиваю у сайта, чей это товар")
            try await anna.waitUntilConnected()
            #expect(try anna.capture().header.contains("Иван Петров"))
            await project.end()
        }

        /// Asks for the user's conversations until the answer is this.
        private func asking(
            _ server: ServerProcess, for user: String, with token: String, until status: Int
        ) async throws {
            let client = HTTPClient(group: MultiThreadedEventLoopGroup.singleton)
            let deadline = ContinuousClock.now + .seconds(30)
            while true {
                let answer = try await client.send(
                    .init(target: "/conversations?userId=\(user)", headers: ["Authorization": "Bearer \(token)"]),
                    to: .tcp(host: "127.0.0.1", port: server.port, tls: false))
                if answer.status == status { return }
                try #require(ContinuousClock.now < deadline, "\(answer.status)")
                try await Task.sleep(for: .milliseconds(50))
            }
        }

        @Test("keys rotate while windows are open: nobody is logged out, and what was revoked is refused")
        func rotation() async throws {
            let project = try await project()
            let server = try await server(project)
            try await logIn("anna", "password-1", at: project)
            try await logIn("ivan", "password-2", at: project)
            let anna = try window("anna", Self.anna, ["--seller", Self.ivan], project, server)
            var ivan = try window("ivan", Self.ivan, ["--seller", Self.anna], project, server)
            try await anna.waitUntilConnected()
            try await ivan.waitUntilConnected()
            project.rotateKeys()
            try await logIn("ivan", "password-2", at: project)  // signed by the key that stood by
            ivan = try window("ivan", Self.ivan, ["--seller", Self.anna], project, server)
            try await ivan.waitUntilConnected()
            try await anna.send("Ключи сменились")
            try await ivan.wait(forText: "Ключи сменились")
            project.revokePreviousKeys()
            server.reload()
            // Anna's window stays, but a new one with her old token is refused.
            let old = try home.read("anna.token")
            try await asking(server, for: Self.anna, with: old, until: 401)
            let late = try window("anna", Self.anna, ["--seller", Self.ivan], project, server)
            // For half a minute the server cannot know that the key is not a new one.
            try await late.wait(for: "a refusal", within: .seconds(90)) {
                $0.rows.contains { $0.contains("не выдавал этот токен") }
            }
            try await anna.send("Я ещё здесь")
            try await ivan.wait(forText: "Я ещё здесь")
            await project.end()
        }
    }
}

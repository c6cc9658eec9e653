import ArgumentParser
import Foundation
import MarketplaceStandIn

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves until it is interrupted, and prints requests and mailed codes.")

    @Option(help: "The port on 127.0.0.1; 0 for a free one.") var port = 8000
    @Option(help: "A certificate in PEM, for HTTPS.") var tlsCert: String?
    @Option(help: "The certificate's key.") var tlsKey: String?
    @Option(help: "EMAIL[:PASSWORD[:NAME[:SECRET OF AN AUTHENTICATOR]]]. May be repeated.") var account: [String] = []
    @Option(help: "TITLE:PRICE:EMAIL OF THE SELLER. May be repeated.") var product: [String] = []
    @Option(help: "NAME=VALUE of a setting (Names.swift). May be repeated.") var set: [String] = []
    @Option(help: "ROUTE:FAULT[:TIMES], such as refresh:hold:1 (Names.swift). May be repeated.") var fail: [String] = []

    func run() async throws {
        let accounts = account.map { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            func part(_ index: Int) -> String? {
                parts.count > index && !parts[index].isEmpty ? parts[index] : nil
            }
            return Account(parts[0], password: part(1), name: part(2), authenticatorSecret: part(3))
        }
        let products = try product.map { text in
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count == 3, let seller = accounts.first(where: { $0.email == parts[2] }) else {
                throw ValidationError("\(text) is no product of one of the accounts.")
            }
            return Product(title: parts[0], price: Double(parts[1]).map(JSON.decimal) ?? .null, seller: seller.id)
        }
        let standIn = try await MarketplaceStandIn(
            port: port, tls: try tls(), accounts: accounts, products: products, isAdministrable: true
        ) { say($0) }
        for text in set {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, standIn.set(parts[0], to: parts[1]) else {
                throw ValidationError("\(text) is no setting.")
            }
        }
        for text in fail {
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count >= 2, let route = Route(rawValue: parts[0]), let fault = Fault(named: parts[1]) else {
                throw ValidationError("\(text) is no fault.")
            }
            standIn.fail(route, fault, times: parts.count > 2 ? Int(parts[2]) : nil)
        }
        say("Project:         \(standIn.url)")
        say("Publishable key: \(standIn.apiKeys.publishable)")
        say("Anon key:        \(standIn.apiKeys.anon)")
        for account in accounts { say("Account:         \(account.email) \(account.id)") }
        for product in products { say("Product:         \(product.id) \(product.title ?? "")") }
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    private func tls() throws -> MarketplaceStandIn.TLS? {
        guard let tlsCert, let tlsKey else { return nil }
        return MarketplaceStandIn.TLS(
            certificate: try String(contentsOfFile: tlsCert, encoding: .utf8),
            key: try String(contentsOfFile: tlsKey, encoding: .utf8))
    }
}

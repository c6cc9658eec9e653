import AccountSession
import ChatClient
import ChatWire
import Foundation
import NIOPosix
import Supabase
import Synchronization
import WebSocketTransport

/// The marketplace's table of products, as far as this user may read it.
final class Marketplace: Sendable {
    private let service: ServiceClient
    private let token: TokenSource
    /// What the table has, as far as it has been asked.
    private let columns = Mutex(ProductColumns())

    private struct NobodyIsLoggedIn: Error {}

    init(_ service: ServiceClient, token: TokenSource) {
        (self.service, self.token) = (service, token)
    }

    /// What it says about products. Those that it does not have or show are missing in the answer.
    /// - Throws: if there was no answer, or if nobody is logged in.
    func listings(of ids: [String]) async throws -> [Listing] {
        guard let token = try await token.current() else { throw NobodyIsLoggedIn() }
        var listings: [Listing] = []
        let kinds = Dictionary(grouping: ids, by: ProductList.kind)
        for (kind, ids) in kinds where kind != nil {
            for product in try await products(ids, token) {
                guard let answered = product.id,
                    let id = ids.first(where: { ProductList.isSame(answered, $0) })
                else { continue }
                listings.append(Listing(id, product))
            }
        }
        return listings
    }

    /// Asks again without a column if the table does not have it.
    private func products(_ ids: [String], _ token: String) async throws -> [ListedProduct] {
        while true {
            let asked = columns.withLock(\.self)
            do throws(AuthFailure) {
                return try await service.send(.products(ids, asked, accessToken: token))
            } catch {
                if error.isAboutIDs { return [] }
                guard let fewer = asked.without(error) else { throw error }
                columns.withLock { $0 = fewer }
            }
        }
    }
}

extension AuthFailure {
    /// The table has ids of another kind (PostgreSQL's 22P02 and 22003), so it has no product of these.
    fileprivate var isAboutIDs: Bool {
        if case .other(let code, _) = self { ["22P02", "22003"].contains(code.wire) } else { false }
    }
}

extension Listing {
    fileprivate init(_ id: String, _ product: ListedProduct) {
        self.init(
            id: id, title: product.title, price: product.price.flatMap { Price(decimal: $0.wire) },
            seller: product.seller, sellerName: product.sellerName)
    }
}

extension ConnectionSettings {
    /// Nil if no project is known, or nobody is logged in.
    var marketplace: Marketplace? {
        guard !token.isNone, let project, let key = apiKey.flatMap({ try? ProjectKey($0) })
        else { return nil }
        let http = HTTPClient(
            group: MultiThreadedEventLoopGroup.singleton, tls: ClientTLS(additionalAuthorities: authorities),
            proxies: ProxySettings(environment: ProcessInfo.processInfo.environment))
        return Marketplace(ServiceClient(project: project, key: key, http: http), token: token)
    }
}

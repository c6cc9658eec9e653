import MarketplaceStandIn
import Testing

@Suite struct ProductTests {
    private static let columns = "select=title,price,seller_id,users(full_name,avatar_url)"

    private struct Market {
        let standIn: MarketplaceStandIn
        let client: Client
        let seller = Account("seller@example.org", password: "s", name: "Анна")
        let buyer = Account("buyer@example.org", password: "b", name: "Борис")
        let phone: Product
        let hidden: Product

        init() async throws {
            phone = Product(title: "iPhone 13", price: .decimal(499.5), seller: seller.id)
            hidden = Product(title: "Draft", price: 1, seller: seller.id, visibility: .only([seller.id]))
            standIn = try await MarketplaceStandIn(accounts: [seller, buyer], products: [phone, hidden])
            client = Client(standIn: standIn)
        }

        func ask(_ query: String, token: String? = nil, headers: [String: String] = [:]) async throws -> Client.Answer {
            try await client.send("GET", "/rest/v1/products?" + query, token: token, headers: headers)
        }
    }

    @Test func aProductComesWithItsSeller() async throws {
        let market = try await Market()
        let answer = try await market.ask("id=eq.\(market.phone.id)&\(Self.columns)")
        let seller = market.seller.id
        #expect(
            answer.text == #"[{"title":"iPhone 13","price":499.5,"seller_id":"\#(seller)","#
                + #""users":{"full_name":"Анна","avatar_url":null}}]"#)
        #expect(answer.headers["content-range"] == "0-0/*")
        await market.standIn.end()
    }

    @Test func theTokenDecidesWhichRowsAreSeen() async throws {
        let market = try await Market()
        let query = "id=eq.\(market.hidden.id)&\(Self.columns)"
        #expect(try await market.ask(query).text == "[]")
        let buyer = try await market.client.logIn("buyer@example.org", "b")
        #expect(try await market.ask(query, token: buyer.access).text == "[]")
        let seller = try await market.client.logIn("seller@example.org", "s")
        #expect(try await market.ask(query, token: seller.access).json.elements?.count == 1)
        market.standIn.change("seller@example.org") { $0.profile?.visibility = .only([market.seller.id]) }
        let stranger = try await market.ask("id=eq.\(market.phone.id)&\(Self.columns)", token: buyer.access)
        #expect(stranger.text.hasSuffix(#","users":null}]"#))
        await market.standIn.end()
    }

    @Test func severalProductsAndAliases() async throws {
        let market = try await Market()
        let other = Product(title: nil, seller: market.buyer.id)
        market.standIn.add(other)
        let answer = try await market.ask(
            "id=in.(\(market.phone.id),\(other.id))&select=id,seller:users!products_seller_id_fkey(name:full_name)")
        let names = answer.json.elements?.map { $0["seller"]?["name"]?.string }
        #expect(names == ["Анна", "Борис"])
        await market.standIn.end()
    }

    @Test func errorsArePostgREST() async throws {
        let market = try await Market()
        let phone = "id=eq.\(market.phone.id)"
        let object = ["Accept": "application/vnd.pgrst.object+json"]
        let none = try await market.ask("id=eq.\(market.hidden.id)&select=title", headers: object)
        #expect(none.status == 406 && none.code == "PGRST116")
        #expect(none.json["details"]?.string == "The result contains 0 rows")
        let one = try await market.ask(phone + "&select=title", headers: object)
        #expect(one.text == #"{"title":"iPhone 13"}"#)
        #expect(try await market.ask("id=eq.x&select=title").code == "22P02")
        #expect(try await market.ask(phone + "&select=colour").code == "42703")
        market.standIn.set {
            $0.hasPrices = false
            $0.linksSellers = false
        }
        #expect(try await market.ask(phone + "&select=title,price").code == "42703")
        #expect(try await market.ask(phone + "&select=title,users(full_name)").code == "PGRST200")
        let table = try await market.client.send("GET", "/rest/v1/goods")
        #expect(table.status == 404 && table.code == "PGRST205")
        await market.standIn.end()
    }

    @Test func tokensAreCheckedAndKeysAreNone() async throws {
        let market = try await Market()
        let session = try await market.client.logIn("buyer@example.org", "b")
        market.standIn.advance(bySeconds: 3700)
        let expired = try await market.ask("select=title", token: session.access)
        #expect(expired.status == 401 && expired.code == "PGRST303")
        #expect(expired.headers["www-authenticate"]?.contains("invalid_token") == true)
        let key = try await market.ask("select=title", token: market.standIn.apiKeys.publishable)
        #expect(key.status == 401 && key.json["message"]?.string == "Expected 3 parts in JWT; got 1")
        let anonymous = try await market.ask("select=title", token: market.standIn.apiKeys.anon)
        #expect(anonymous.status == 200)
        await market.standIn.end()
    }
}

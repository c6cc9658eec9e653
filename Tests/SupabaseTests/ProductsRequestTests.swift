import ChatWire
import Testing

@testable import Supabase

@Suite struct ProductsRequestTests {
    private typealias Request = ServiceRequest<[ListedProduct]>

    @Test("one product is asked for as the web client does, several in a list, and no id can say anything else")
    func requests() {
        func target(_ ids: [String], _ columns: ProductColumns = ProductColumns()) -> String {
            Request.products(ids, columns, accessToken: "t").target
        }
        let people = "%2Cusers%28full_name%2Cavatar_url%29"
        #expect(
            target(["a&b=c"])
                == "/rest/v1/products?id=eq.a%26b%3Dc&select=title%2Cprice%2Cseller_id\(people)&limit=1")
        #expect(
            target(["a", #"b",c)\"#])
                == "/rest/v1/products?id=in.%28a%2C%22b%5C%22%2Cc%29%5C%5C%22%29"
                + "&select=id%2Ctitle%2Cprice%2Cseller_id\(people)&limit=2")
        var columns = ProductColumns()
        columns.hasPrice = false
        #expect(target(["p"], columns).contains("select=title%2Cseller_id\(people)&"))
        columns.hasPeople = false
        #expect(target(["p"], columns).contains("select=title%2Cseller_id&"))
        #expect(Request.products(["p"], columns, accessToken: "t").accessToken == "t")
    }

    @Test("a column or a relation that the project does not have is left out, and nothing else leads to that")
    func columns() {
        func failure(_ code: UntrustedText, _ message: UntrustedText = "") -> AuthFailure {
            .other(code: code, message: message)
        }
        let all = ProductColumns()
        let noPrice = all.without(failure("42703", "column products.price does not exist"))
        #expect(noPrice?.hasPrice == false && noPrice?.hasPeople == true)
        for code in ["PGRST200", "PGRST201"] {
            let noPeople = all.without(failure(UntrustedText(code)))
            #expect(noPeople?.hasPrice == true && noPeople?.hasPeople == false)
        }
        #expect(all.without(failure("42703", "column users_1.full_name does not exist"))?.hasPeople == false)
        let neither = noPrice?.without(failure("PGRST200"))
        #expect(neither?.hasPrice == false && neither?.hasPeople == false)
        #expect(neither?.without(failure("42703", "column products.price does not exist")) == nil)
        #expect(neither?.without(failure("PGRST200")) == nil)
        #expect(all.without(failure("42501")) == nil && all.without(.serviceDown(status: 503)) == nil)
    }

    @Test("ids are of a kind, and those that no database can hold are none") func kinds() {
        let uuid = "0B2C3D4E-0000-4000-8000-00000000000f"
        #expect(ProductList.kind(of: uuid) == .uuid)
        #expect(ProductList.kind(of: "123456789012345678") == .number)
        for text in ["1234567890123456789", "p1", uuid.replacing("-", with: "x"), "ы"] {
            #expect(ProductList.kind(of: text) == .text)
        }
        for none in ["", "a\u{0}b", String(repeating: "a", count: 513)] { #expect(ProductList.kind(of: none) == nil) }
        #expect(ProductList.isSame(uuid.lowercased(), uuid) && ProductList.isSame("é", "é"))
        #expect(!ProductList.isSame("e\u{301}", "é") && !ProductList.isSame("abc", "ABC"))
    }

    @Test(
        "what cannot be read is left out",
        arguments: [
            ("[]", []),
            (
                #"[{"title":"iPhone 13","price":79990.50,"seller_id":"s","users":{"full_name":"Иван","avatar_url":null}}]"#,
                [ListedProduct(title: "iPhone 13", price: "79990.50", seller: UserID("s"), sellerName: "Иван", id: "p")]
            ),
            (
                #"[{"title":"x","seller_id":"s","users":null}]"#,
                [ListedProduct(title: "x", seller: UserID("s"), id: "p")]
            ),
            (#"[{"title":"x","price":"от 5 ₽","users":[]}]"#, [ListedProduct(title: "x", price: "от 5 ₽", id: "p")]),
            (
                #"[{"title":5,"price":{},"seller_id":"\u0000","users":{"full_name":"a\u0007"}}]"#,
                [ListedProduct(id: "p")]
            ),
            (
                #"[{"title":"\u001b[2J","price":"\#(String(repeating: "9", count: 100))"}]"#,
                [ListedProduct(id: "p")]
            ),
            (
                #"[{"id":7,"title":"x"},{"id":"q"},{}]"#,
                [
                    ListedProduct(title: "x", id: "7"), ListedProduct(id: "q"), ListedProduct(),
                ]
            ),
        ] as [(String, [ListedProduct])]) func answers(body: String, products: [ListedProduct]) throws
    {
        let answer = try Request.products(["p"], ProductColumns(), accessToken: "t")
            .answer(ServiceResponse(status: 200, body: Array(body.utf8)))
        #expect(answer == products)
    }

    @Test("an answer of another form is none") func nonsense() {
        for body in ["", "{}", "null", "<html>", #"{"message":"no"}"#] {
            #expect(throws: AuthFailure.self, "\(body)") {
                try Request.products(["p"], ProductColumns(), accessToken: "t")
                    .answer(ServiceResponse(status: 200, body: Array(body.utf8)))
            }
        }
    }
}

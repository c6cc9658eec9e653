import Foundation

extension Service {
    /// An error in PostgREST's form.
    private func refusal(
        _ status: Int, _ code: String, _ message: String, details: JSON = nil, hint: JSON = nil,
        headers: [(name: String, value: String)] = []
    ) -> Response {
        var response = Response.json(
            ["code": .string(code), "details": details, "hint": hint, "message": .string(message)], status: status,
            headers: [("Proxy-Status", "PostgREST; error=" + code)] + headers)
        response.headers[0].value = "application/json; charset=utf-8"
        return response
    }

    private func tokenRefusal(_ code: String, _ message: String) -> Response {
        refusal(
            401, code, message,
            headers: [("WWW-Authenticate", "Bearer error=\"invalid_token\", error_description=\"\(message)\"")])
    }

    private enum Reader {
        case anonymous
        case user(String)
        /// The keys that row-level security does not hold for.
        case service
        case refused(Response)

        func sees(_ visibility: Visibility) -> Bool {
            switch self {
            case .anonymous: visibility.lets(nil)
            case .user(let id): visibility.lets(id)
            case .service: true
            case .refused: false
            }
        }
    }

    /// Who asks, by the token, or by the key where there is no token.
    private func reader(of request: Request) -> Reader {
        let key = request.header("apikey") ?? request.parameter("apikey") ?? ""
        guard let token = request.bearer else {
            return [apiKeys.secret, apiKeys.serviceRole].contains(key) ? .service : .anonymous
        }
        let claims: JSON
        switch keys.verify(token) {
        case .valid(let valid): claims = valid
        case .parts(let count): return .refused(tokenRefusal("PGRST301", "Expected 3 parts in JWT; got \(count)"))
        case .malformed, .wrongSignature:
            return .refused(tokenRefusal("PGRST301", "JWT cryptographic operation failed"))
        case .unknownKey:
            return .refused(tokenRefusal("PGRST301", "No suitable key or wrong key type"))
        }
        // Both ends of the validity have thirty seconds' tolerance.
        if let expiry = claims["exp"]?.integer, now > Double(expiry) + 30 {
            return .refused(tokenRefusal(settings.expiredTokenCode, "JWT expired"))
        }
        if let issued = claims["iat"]?.integer, Double(issued) > now + 30 {
            return .refused(tokenRefusal("PGRST303", "JWT issued at future"))
        }
        switch claims["role"]?.string {
        case "service_role": return .service
        case "authenticated": return claims["sub"]?.string.map(Reader.user) ?? .anonymous
        default: return .anonymous
        }
    }

    func answerREST(_ request: Request) -> Response {
        let reader = reader(of: request)
        if case .refused(let response) = reader { return response }
        guard ["GET", "HEAD"].contains(request.method) else {
            return refusal(403, "42501", "permission denied for table products")
        }
        let table = String(request.path.dropFirst("/rest/v1/".count))
        guard ["products", "users"].contains(table) else {
            return refusal(404, "PGRST205", "Could not find the table 'public.\(table)' in the schema cache")
        }
        do {
            let columns = try Selection.parse(request.parameter("select") ?? "*")
            let rows = try filtered(table: table, request, reader)
            let answers = try rows.map { try show($0, table: table, columns, reader) }
            return envelope(answers, request)
        } catch let failure as QueryFailure {
            return refusal(
                failure.status, failure.code, failure.message, details: failure.details, hint: failure.hint)
        } catch {
            return refusal(500, "XX000", "internal error")
        }
    }

    private func envelope(_ rows: [JSON], _ request: Request) -> Response {
        let accept = request.header("Accept") ?? ""
        let limit = request.parameter("limit").flatMap { Int($0) } ?? 1000
        let shown = Array(rows.prefix(limit))
        if accept.contains("application/vnd.pgrst.object+json") {
            guard shown.count == 1 else {
                return refusal(
                    406, "PGRST116", "Cannot coerce the result to a single JSON object",
                    details: "The result contains \(shown.count) rows")
            }
            return Response(
                status: 200,
                headers: [
                    ("Content-Type", "application/vnd.pgrst.object+json; charset=utf-8"), ("Content-Range", "0-0/*"),
                ], body: Array(shown[0].text.utf8))
        }
        return Response(
            status: 200,
            headers: [
                ("Content-Type", "application/json; charset=utf-8"),
                ("Content-Range", shown.isEmpty ? "*/*" : "0-\(shown.count - 1)/*"),
            ], body: Array(JSON.array(shown).text.utf8))
    }

    // MARK: - Rows

    private enum Row {
        case product(Product)
        case user(Account)

        func column(_ name: String) -> JSON? {
            switch (self, name) {
            case (.product(let product), "id"): .string(product.id)
            case (.product(let product), "title"): product.title.map(JSON.string) ?? .null
            case (.product(let product), "price"): product.price
            case (.product(let product), "seller_id"): .string(product.seller)
            case (.user(let account), "id"): .string(account.id)
            case (.user(let account), "full_name"), (.user(let account), "name"):
                account.profile?.fullName.map(JSON.string) ?? .null
            case (.user(let account), "avatar_url"): account.profile?.avatarURL.map(JSON.string) ?? .null
            default: nil
            }
        }
    }

    private func columns(of table: String) -> [String] {
        table == "users"
            ? ["id", "name", "full_name", "avatar_url"]
            : ["id", "title"] + (settings.hasPrices ? ["price"] : []) + ["seller_id"]
    }

    private func rows(of table: String, _ reader: Reader) -> [Row] {
        table == "users"
            ? accounts.filter { $0.profile.map { reader.sees($0.visibility) } ?? false }.map(Row.user)
            : products.filter { reader.sees($0.visibility) }.map(Row.product)
    }

    private func filtered(table: String, _ request: Request, _ reader: Reader) throws -> [Row] {
        var rows = rows(of: table, reader)
        for (name, value) in request.query where !["select", "limit", "offset", "order", "apikey"].contains(name) {
            guard columns(of: table).contains(name) else { throw QueryFailure.noColumn(table, name) }
            guard let wanted = Self.values(of: value) else { throw QueryFailure.unreadableFilter(value) }
            if name == "id", table == "users" || settings.areProductIDsUUIDs {
                for id in wanted where UUID(uuidString: id) == nil { throw QueryFailure.noUUID(id) }
                let ids = Set(wanted.map { $0.lowercased() })
                rows = rows.filter { ids.contains(($0.column(name)?.string ?? "").lowercased()) }
            } else {
                rows = rows.filter { wanted.contains($0.column(name)?.string ?? "") }
            }
        }
        return rows
    }

    /// What `eq.X` and `in.(X,Y)` name.
    private static func values(of filter: String) -> [String]? {
        if filter.hasPrefix("eq.") { return [String(filter.dropFirst(3))] }
        guard filter.hasPrefix("in.("), filter.hasSuffix(")") else { return nil }
        return filter.dropFirst(4).dropLast().split(separator: ",").map {
            $0.hasPrefix("\"") && $0.hasSuffix("\"") ? String($0.dropFirst().dropLast()) : String($0)
        }
    }

    private func show(_ row: Row, table: String, _ selections: [Selection], _ reader: Reader) throws -> JSON {
        var members = [JSON.Member]()
        for selection in selections {
            if let embedded = selection.embedded {
                guard table == "products", selection.name == "users", settings.linksSellers else {
                    throw QueryFailure.noRelation(table, selection.name)
                }
                let seller = row.column("seller_id")?.string
                let user = rows(of: "users", reader).first { $0.column("id")?.string == seller }
                members.append(
                    .init(selection.shownAs, try user.map { try show($0, table: "users", embedded, reader) } ?? .null))
            } else if selection.name == "*" {
                for name in columns(of: table) { members.append(.init(name, row.column(name) ?? .null)) }
            } else {
                guard columns(of: table).contains(selection.name) else {
                    throw QueryFailure.noColumn(table, selection.name)
                }
                members.append(.init(selection.shownAs, row.column(selection.name) ?? .null))
            }
        }
        return .object(members)
    }
}

/// One part of `select`: a column, or another table with columns of its own.
private struct Selection {
    let name: String
    let shownAs: String
    let embedded: [Selection]?

    static func parse(_ text: String) throws -> [Selection] {
        var rest = text[...]
        let selections = try parse(&rest)
        guard rest.isEmpty else { throw QueryFailure.unreadableSelect(text) }
        return selections
    }

    private static func parse(_ rest: inout Substring) throws -> [Selection] {
        var selections = [Selection]()
        while true {
            var name = String(rest.prefix { !"(),".contains($0) })
            rest = rest.dropFirst(name.count)
            var shownAs: String?
            if let colon = name.firstIndex(of: ":") {
                shownAs = String(name[..<colon])
                name = String(name[name.index(after: colon)...])
            }
            if let hint = name.firstIndex(of: "!") { name = String(name[..<hint]) }
            var embedded: [Selection]?
            if rest.first == "(" {
                rest = rest.dropFirst()
                embedded = try parse(&rest)
                guard rest.first == ")" else { throw QueryFailure.unreadableSelect(String(rest)) }
                rest = rest.dropFirst()
            }
            selections.append(
                Selection(name: name.trimmingCharacters(in: .whitespaces), shownAs: shownAs ?? name, embedded: embedded)
            )
            guard rest.first == "," else { return selections }
            rest = rest.dropFirst()
        }
    }
}

private struct QueryFailure: Error {
    let status: Int
    let code: String
    let message: String
    var details: JSON = nil
    var hint: JSON = nil

    static func noColumn(_ table: String, _ name: String) -> QueryFailure {
        QueryFailure(status: 400, code: "42703", message: "column \(table).\(name) does not exist")
    }

    static func noUUID(_ text: String) -> QueryFailure {
        QueryFailure(status: 400, code: "22P02", message: "invalid input syntax for type uuid: \"\(text)\"")
    }

    static func noRelation(_ table: String, _ name: String) -> QueryFailure {
        QueryFailure(
            status: 400, code: "PGRST200",
            message: "Could not find a relationship between '\(table)' and '\(name)' in the schema cache",
            details:
                "Searched for a foreign key relationship between '\(table)' and '\(name)' in the schema 'public', but no matches were found."
        )
    }

    static func unreadableFilter(_ text: String) -> QueryFailure {
        QueryFailure(
            status: 400, code: "PGRST100", message: "\"failed to parse filter (\(text))\" (line 1, column 1)",
            details: "unexpected \"\(text.prefix(1))\" expecting operator (eq, gt, ...)")
    }

    static func unreadableSelect(_ text: String) -> QueryFailure {
        QueryFailure(
            status: 400, code: "PGRST100", message: "\"failed to parse select parameter (\(text))\" (line 1, column 1)")
    }
}

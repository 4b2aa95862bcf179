internal import HTTPTypes
internal import KMJSON
internal import KMPrimitives

/// Parses the JSON form of an ``EndpointTable``.
///
/// A table decides what is encrypted. So nothing in it is ignored: unknown, duplicate and missing members are errors.
struct EndpointTableParser {
    private var scanner = JSONScanner(maximumDepth: 8)
    private let json: [UInt8]

    static func endpoints(in json: [UInt8]) throws -> [Endpoint] {
        var parser = EndpointTableParser(json: json)
        let endpoints = try parser.table()
        _ = try parser.next()
        return endpoints
    }

    private init(json: [UInt8]) {
        self.json = json
    }

    private mutating func table() throws -> [Endpoint] {
        var (version, endpoints): (String?, [Endpoint]?) = (nil, nil)
        try expect(.objectStart, "an endpoint table must be a JSON object")
        try members { parser, name in
            switch name {
            case "$schema": _ = try parser.string(name)
            case "version": version = try parser.number(name)
            case "endpoints": endpoints = try parser.array(name, maximumCount: 10_000) { try $0.endpoint() }
            default: throw parser.unknown()
            }
        }
        guard version == "1" else { throw EndpointTable.malformed("version must be 1") }
        return try Self.required(endpoints, "endpoints")
    }

    private mutating func endpoint() throws -> Endpoint {
        var (method, path): (String?, String?) = (nil, nil)
        var (request, response): (Endpoint.Rule?, Endpoint.Rule?) = (nil, nil)
        try members { parser, name in
            switch name {
            case "method": method = try parser.string(name)
            case "path": path = try parser.string(name)
            case "request": request = try parser.rule(name)
            case "response": response = try parser.rule(name)
            default: throw parser.unknown()
            }
        }
        let text = try Self.required(method, "method")
        let isMethod = (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
        guard isMethod, let method = HTTPRequest.Method(text) else {
            throw EndpointTable.malformed("a method must be 1 to 32 capital letters")
        }
        return try Endpoint(
            Self.required(path, "path"),
            method: method,
            request: Self.required(request, "request"),
            response: Self.required(response, "response")
        )
    }

    private mutating func rule(_ member: String) throws -> Endpoint.Rule {
        var (protection, presence, paths): (String?, String?, [String]?) = (nil, nil, nil)
        var acceptsPlain = false
        try expect(.objectStart, "\(member) must be an object")
        try members { parser, name in
            switch name {
            case "protection": protection = try parser.string(name)
            case "fields":
                paths = try parser.array(name, of: .string, maximumCount: FieldSelection.maximumPathCount) {
                    try $0.text("a path")
                }
            case "presence": presence = try parser.string(name)
            case "insecureAcceptingPlain": acceptsPlain = try parser.boolean(name)
            default: throw parser.unknown()
            }
        }
        let isOfFields = protection == "fields"
        guard isOfFields || (paths == nil && presence == nil) else {
            throw EndpointTable.malformed("only the protection fields can have fields and presence")
        }
        let value: Protection =
            switch protection {
            case "plain": .none
            case "message": .message
            case "fields":
                .fields(
                    try FieldSelection(Self.required(paths, "fields"), presence: Self.presence(presence ?? "everyItem"))
                )
            default: throw EndpointTable.malformed("protection must be plain, message or fields")
            }
        return acceptsPlain ? Endpoint.Rule(insecureAcceptingPlain: value) : Endpoint.Rule(value)
    }

    private static func presence(_ text: String) throws -> FieldSelection.Presence {
        switch text {
        case "everyItem": .everyItem
        case "atLeastOnce": .atLeastOnce
        case "optional": .optional
        default: throw EndpointTable.malformed("presence must be everyItem, atLeastOnce or optional")
        }
    }

    // MARK: JSON

    private mutating func next() throws -> JSONScanner.Token {
        let json = json
        return try scanner.next(in: json.span)
    }

    private mutating func expect(_ token: JSONScanner.Token, _ what: String) throws {
        guard try next() == token else { throw EndpointTable.malformed(what) }
    }

    /// Parses the members of an object whose start was read.
    private mutating func members(_ member: (inout EndpointTableParser, String) throws -> Void) throws {
        var names: Set<String> = []
        while try next() == .name {
            let name = try text("a member's name")
            guard names.insert(name).inserted else {
                throw EndpointTable.malformed("the member at byte \(scanner.range.lowerBound) appears twice")
            }
            try member(&self, name)
        }
    }

    /// Parses the items of an array, each of which begins with a token.
    private mutating func array<Item>(
        _ name: String,
        of token: JSONScanner.Token = .objectStart,
        maximumCount: Int,
        _ item: (inout EndpointTableParser) throws -> Item
    ) throws -> [Item] {
        try expect(.arrayStart, "\(name) must be an array")
        var items: [Item] = []
        while true {
            let found = try next()
            if found == .arrayEnd { return items }
            guard found == token else {
                throw EndpointTable.malformed(
                    "each item of \(name) must be \(token == .string ? "a string" : "an object")"
                )
            }
            guard items.count < maximumCount else {
                throw EndpointTable.malformed("\(name) must have at most \(maximumCount) items")
            }
            items.append(try item(&self))
        }
    }

    private mutating func string(_ name: String) throws -> String {
        try expect(.string, "\(name) must be a string")
        return try text(name)
    }

    private mutating func number(_ name: String) throws -> String {
        try expect(.number, "\(name) must be a number")
        return String(decoding: json[scanner.range], as: UTF8.self)
    }

    private mutating func boolean(_ name: String) throws -> Bool {
        let token = try next()
        guard token == .true || token == .false else { throw EndpointTable.malformed("\(name) must be true or false") }
        return token == .true
    }

    /// The text of the string or name that was read last.
    private func text(_ what: String) throws -> String {
        guard let text = JSONString.string(json.span, scanner.range) else {
            throw EndpointTable.malformed("\(what) must be Unicode text")
        }
        return text
    }

    private static func required<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw EndpointTable.malformed("\(name) is missing") }
        return value
    }

    private func unknown() -> KMError {
        EndpointTable.malformed(
            "the member at byte \(scanner.range.lowerBound) is not in the schema; remove or rename it"
        )
    }
}

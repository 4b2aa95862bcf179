public import HTTPTypes
public import KMPrimitives

/// The endpoints of an API, found by method and path.
///
/// Client, server and tools read the same table from one JSON file, so that they agree on what is encrypted. The schema
/// of the file is `Sources/KMWire/Endpoints/endpoints.schema.json`:
///
/// ```json
/// {
///   "version": 1,
///   "endpoints": [
///     {
///       "method": "POST", "path": "/api/v1/user/card/info",
///       "request": { "protection": "message" },
///       "response": { "protection": "fields", "fields": ["$.cards[*].cardNo"] }
///     }
///   ]
/// }
/// ```
public struct EndpointTable: Sendable {
    /// The endpoints in the order of the file.
    public let endpoints: [Endpoint]

    private let numbers: [[UInt8]: Int]

    /// Creates a table.
    ///
    /// - Throws: ``KMError`` `malformedEndpointTable` if two endpoints have the same method and path, or if a path does
    ///   not begin with a slash, has a query or a dot segment, or has characters other than visible ASCII.
    public init(_ endpoints: [Endpoint]) throws {
        self.endpoints = endpoints
        numbers = try Dictionary(endpoints.enumerated().map { (Self.key($1.method, $1.path), $0) }) { first, _ in
            throw Self.malformed("\(endpoints[first].method) \(endpoints[first].path) appears twice")
        }
        for endpoint in endpoints where !Self.isPath(endpoint.path) {
            throw Self.malformed("a path must begin with / and be visible ASCII without ?, # and dot segments")
        }
    }

    /// Creates a table from JSON.
    ///
    /// - Parameter json: One JSON text, up to 1 MiB, that fits the schema. Unknown and duplicate members are rejected.
    /// - Throws: ``KMError`` `malformedJSON`, `limitExceeded`; `malformedEndpointTable` with the fault;
    ///   `pathMalformed`, `pathUnsupported` or `pathsOverlap` for the paths of fields.
    public init(parsing json: [UInt8]) throws {
        guard json.count <= Self.maximumByteCount else {
            throw KMError(
                .limitExceeded,
                "an endpoint table must have at most \(Self.maximumByteCount) bytes; got \(json.count)"
            )
        }
        try self.init(EndpointTableParser.endpoints(in: json))
    }

    /// Creates a table from a file.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`, and as ``init(parsing:)``, with the path.
    public init(contentsOfFile path: String) throws {
        let bytes = try contents(ofFile: path)
        self = try namingFile(path) { try EndpointTable(parsing: bytes) }
    }

    /// The known endpoints of the platform, from the file `Sources/KMWire/Endpoints/endpoints.json`.
    ///
    /// Only the search for physical cards is documented in full. The rules of the other requests were observed in
    /// published clients, and their responses have the same rule as the requests. For the payment without HCE, a
    /// receiver accepts plain and encrypted responses. Compare the table with your contract before you use it.
    public static let documented: EndpointTable = {
        do {
            return try EndpointTable(parsing: PackageResources.endpoints_json)
        } catch {
            preconditionFailure("the package's own table of endpoints: \(error)")
        }
    }()

    /// Returns the endpoint with a method and a path.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - path: The path below the API's base. A query is ignored. Otherwise the path is compared byte for byte,
    ///     without decoding or normalizing it.
    /// - Returns: The endpoint.
    /// - Throws: ``KMError`` `endpointUnknown`.
    public func endpoint(_ method: HTTPRequest.Method, _ path: some StringProtocol) throws -> Endpoint {
        let end = path.utf8.firstIndex(of: UInt8(ascii: "?")) ?? path.utf8.endIndex
        guard let number = numbers[Self.key(method, path[..<end])] else {
            throw KMError(
                .endpointUnknown,
                "the endpoint table has no endpoint with this method and path; add it to the table"
            )
        }
        return endpoints[number]
    }

    static let maximumByteCount = 1 << 20

    static func malformed(_ detail: String) -> KMError { KMError(.malformedEndpointTable, detail) }

    /// Returns the bytes under which `numbers` has an endpoint.
    ///
    /// Swift compares strings by canonical equivalence: the Kelvin sign equals the letter K.
    private static func key(_ method: HTTPRequest.Method, _ path: some StringProtocol) -> [UInt8] {
        Array(method.rawValue.utf8) + [UInt8(ascii: " ")] + path.utf8
    }

    /// Whether a text is the path of an endpoint: visible ASCII that begins with a slash, without `?`, `#` and dot segments.
    package static func isPath(_ path: String) -> Bool {
        path.utf8.first == UInt8(ascii: "/")
            && !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
            && path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    }
}

extension KMError.Code {
    /// The bytes are not an endpoint table.
    public static let malformedEndpointTable = Self("malformedEndpointTable")
    /// The endpoint table has no endpoint with this method and path.
    public static let endpointUnknown = Self("endpointUnknown")
}

extension EndpointTable: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The number of endpoints.
    public var description: String { "EndpointTable(\(endpoints.count) endpoints)" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

internal import HTTPTypes
internal import KMSecurity

/// The operation `request-headers`: parses the header fields of a request.
struct RequestHeaderVectors: VectorOperation {
    static let name = "request-headers"

    struct Output: MemberSet {
        let aspId, correlationId: String
        let accessKey, cryptoKeyId: String?
        let tranTime, timeZone: String
        /// The time in the token, 17 digits.
        let tokenTime: String
        /// The token in the form of each profile.
        let documented, gateway: String

        enum CodingKeys: CodingKey, CaseIterable {
            case aspId, correlationId, accessKey, cryptoKeyId, tranTime, timeZone, tokenTime, documented, gateway
        }
    }

    init(_ shared: NoMembers) {}

    func entryPoints(_ input: HeaderFields, _ expectation: Expectation<Output>) -> [EntryPoint] {
        let output = expectation.output
        var entryPoints = [
            EntryPoint("read") { try Self.check(RequestHeaders(input.httpFields()), output) }
        ]
        if expectation.isOfValues {
            entryPoints.append(EntryPoint("read each value") { try Self.readValues(input) })
        }
        if let output {
            entryPoints += WireProfile.all.map { profile in
                EntryPoint("write as \(profile.name), read") {
                    let fields = try RequestHeaders(input.httpFields()).httpFields(profile)
                    let token = profile == .gateway ? output.gateway : output.documented
                    try expect(fields[.kmTranToken], token, "token as \(profile.name)")
                    try Self.check(RequestHeaders(fields), output)
                }
            }
        }
        return entryPoints
    }

    private static func check(_ headers: RequestHeaders, _ output: Output?) throws {
        guard let output else { return }
        try expect(headers.aspID.text, output.aspId, "X-KM-User-AspId")
        try expect(headers.correlationID.text, output.correlationId, "X-KM-Correlation-Id")
        try expect(headers.accessKey?.text, output.accessKey, "X-KM-Access-Key")
        try expect(headers.cryptoKeyID?.text, output.cryptoKeyId, "X-KM-Crypto-Key-Id")
        try expect(headers.tranTime.text, output.tranTime, "X-KM-Tran-Time")
        try expect(headers.timeZone.text, output.timeZone, "X-KM-Time-Zone")
        try expect(headers.token.timeDigits, output.tokenTime, "time of the token")
        try expect(headers.token.text(.documented), output.documented, "token as documented")
        try expect(headers.token.text(.gateway), output.gateway, "token as gateway")
    }

    /// Parses every value directly with its type, without `HTTPFields`.
    private static func readValues(_ input: HeaderFields) throws {
        _ = try input.values(.kmUserAspID).map(AspID.init)
        _ = try input.values(.kmCorrelationID).map(CorrelationID.init)
        _ = try input.values(.kmAccessKey).map(AccessKey.init)
        _ = try input.values(.kmCryptoKeyID).map(CryptoKeyID.init)
        _ = try input.values(.kmTranToken).map { try TranToken($0) }
        _ = try input.values(.kmTranTime).map(TranTime.init)
        _ = try input.values(.kmTimeZone).map { try TimeZoneCode($0) }
    }
}

/// The operation `response-headers`: parses the header fields of a response.
struct ResponseHeaderVectors: VectorOperation {
    static let name = "response-headers"

    struct Output: MemberSet {
        let correlationId: String
        let cryptoKeyId: String?

        enum CodingKeys: CodingKey, CaseIterable {
            case correlationId, cryptoKeyId
        }
    }

    init(_ shared: NoMembers) {}

    func entryPoints(_ input: HeaderFields, _ expectation: Expectation<Output>) -> [EntryPoint] {
        var entryPoints = [
            EntryPoint("read") { try Self.check(ResponseHeaders(input.httpFields()), expectation.output) }
        ]
        if expectation.isOfValues {
            entryPoints.append(
                EntryPoint("read each value") {
                    _ = try input.values(.kmCorrelationID).map(CorrelationID.init)
                    _ = try input.values(.kmCryptoKeyID).map(CryptoKeyID.init)
                }
            )
        }
        if let output = expectation.output {
            entryPoints.append(
                EntryPoint("write, read") {
                    let headers = try ResponseHeaders(input.httpFields())
                    try Self.check(ResponseHeaders(headers.httpFields), output)
                }
            )
        }
        return entryPoints
    }

    private static func check(_ headers: ResponseHeaders, _ output: Output?) throws {
        guard let output else { return }
        try expect(headers.correlationID.text, output.correlationId, "X-KM-Correlation-Id")
        try expect(headers.cryptoKeyID?.text, output.cryptoKeyId, "X-KM-Crypto-Key-Id")
    }
}

/// The header fields of a test, in order.
struct HeaderFields: MemberSet {
    let fields: [Strict<Field>]

    enum CodingKeys: CodingKey, CaseIterable {
        case fields
    }

    struct Field: MemberSet {
        let name, value: String

        enum CodingKeys: CodingKey, CaseIterable {
            case name, value
        }
    }

    /// The maximum number of fields in a test; `HTTPFields` ends the process at 65,535 fields.
    private static let maximumCount = 1000

    /// Returns the fields as an HTTP library delivers them.
    ///
    /// Bytes that HTTP forbids in a value become spaces.
    func httpFields() throws -> HTTPFields {
        guard fields.count <= Self.maximumCount else {
            throw Mismatch(what: "\(fields.count) header fields; must be at most \(Self.maximumCount)")
        }
        return HTTPFields(
            try fields.map { field in
                guard let name = HTTPField.Name(field.members.name) else {
                    throw Mismatch(what: "a name that is not a valid header field name")
                }
                return HTTPField(name: name, value: field.members.value)
            }
        )
    }

    /// Returns the values of all fields with a name, unchanged.
    func values(_ name: HTTPField.Name) -> [String] {
        fields.map(\.members).filter { HTTPField.Name($0.name) == name }.map(\.value)
    }
}

extension Expectation {
    /// Whether the test is valid, or the value of a single header is the reason for its rejection.
    var isOfValues: Bool {
        switch self {
        case .valid: true
        case .invalid(let code): ["headerInvalid", "timeZoneUnknown", "tokenMalformed"].contains(code)
        }
    }
}

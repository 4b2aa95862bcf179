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

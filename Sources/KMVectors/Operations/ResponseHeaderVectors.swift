internal import KMSecurity

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

#if Sandbox
import KMJSON
import KMPrimitives
import KMSecurity
import KMVectorGeneration
import KMWire

/// A call at field level before encryption: the parameters, and a JWE for each of the three card parameters.
struct FieldDraft: Sendable {
    let parameters: [UInt8]
    let stamp: RequestStamp
    private let ranges: [Range<Int>]
    /// The JWEs in the order of the parameters; all share one content encryption key.
    var jwes: [JWEDraft]

    /// Creates a valid draft.
    init(_ maker: CallMaker) throws {
        stamp = try maker.stamp()
        guard case .fields(let selection) = Endpoint.waitingPhysicalCardsByField.request.protection else {
            throw KMError(.configurationInvalid, "the endpoint must have fields")
        }
        let parameters = maker.credentials.validParameters
        self.parameters = parameters
        let matches = try FieldMatcher.matches(
            selection,
            in: parameters.span,
            limits: ParameterLimits.standard.matcherLimits
        )
        ranges = matches.map { $0.range }
        let (key, cid, kid) = (try maker.contentKey(), stamp.correlationID.text, maker.credentials.key.id.text)
        jwes = []
        for match in matches {
            let path = String(decoding: match.path, as: UTF8.self)
            jwes.append(
                JWEDraft(
                    header: .field("A256GCM", kid: kid, path: path, cid: cid),
                    plaintext: Array(parameters[match.range]),
                    key: key,
                    iv: try SecureRandom.bytes(12)
                )
            )
        }
    }

    /// Returns the JSON texts of the encrypted values.
    func values() throws -> [String] { try jwes.map { "\"\(try $0.encrypted().text)\"" } }

    /// Returns the body with given JSON texts in place of the values.
    func body(_ values: [String]) -> [UInt8] {
        var body: [UInt8] = []
        var copied = 0
        for (range, value) in zip(ranges, values) {
            body += parameters[copied..<range.lowerBound]
            body += value.utf8
            copied = range.upperBound
        }
        return body + parameters[copied...]
    }

    /// The JSON text of a value before encryption.
    func plain(_ index: Int) -> String { String(decoding: parameters[ranges[index]], as: UTF8.self) }

    /// The name of a value's member.
    func name(_ index: Int) -> String {
        let path = jwes[index].header.value("path") ?? ""
        return path.split(separator: "'").dropFirst().first.map(String.init) ?? path
    }

    /// Returns the call with a body of the given values; nil for all JWEs, encrypted as they are.
    func call(_ maker: CallMaker, _ values: [String]? = nil) throws -> TestCall {
        try maker.call(.field, body: body(values ?? self.values()), stamp: stamp)
    }
}
#endif

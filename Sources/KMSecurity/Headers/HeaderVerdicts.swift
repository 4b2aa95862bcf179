public import HTTPTypes
internal import KMPrimitives

/// What is to be said of one header.
public struct HeaderVerdict: Sendable {
    /// The header's name.
    public let header: String
    /// Whether it stands there at all; some may be absent.
    public let isPresent: Bool
    /// What is wrong with it, or nil.
    public let fault: KMError?
}

/// Judges every header of a call by itself, where ``RequestHeaders`` stops at the first that is wrong.
public enum HeaderVerdicts {
    /// The platform's headers of a request, in the order of its API page.
    public static func request(_ fields: HTTPFields) -> [HeaderVerdict] {
        var verdicts = [
            verdict(AspID.self, fields, isRequired: true),
            verdict(CorrelationID.self, fields, isRequired: true),
            verdict(AccessKey.self, fields, isRequired: false),
            verdict(CryptoKeyID.self, fields, isRequired: false),
            verdict(TranToken.headerName, fields) {
                guard let text = try fields.single(TranToken.headerName) else {
                    throw HTTPFields.missing(TranToken.headerName)
                }
                _ = try TranToken(text)
            },
            verdict(TranTime.self, fields, isRequired: true),
            verdict(TimeZoneCode.self, fields, isRequired: true),
        ]
        // What concerns several is told last, and only where each is right by itself.
        if verdicts.allSatisfy({ $0.fault == nil }) {
            let together = verdict(TranToken.headerName, fields) { _ = try RequestHeaders(fields) }
            if together.fault != nil { verdicts.append(together) }
        }
        return verdicts
    }

    /// The platform's headers of a response.
    public static func response(_ fields: HTTPFields) -> [HeaderVerdict] {
        [
            verdict(CorrelationID.self, fields, isRequired: true),
            verdict(CryptoKeyID.self, fields, isRequired: false),
        ]
    }

    private static func verdict<Value: HeaderValue>(
        _ type: Value.Type,
        _ fields: HTTPFields,
        isRequired: Bool
    ) -> HeaderVerdict {
        verdict(type.headerName, fields) { _ = isRequired ? try fields.required(type) : try fields.optional(type) }
    }

    private static func verdict(
        _ name: HTTPField.Name,
        _ fields: HTTPFields,
        _ check: () throws -> Void
    ) -> HeaderVerdict {
        var fault: KMError?
        do {
            try check()
        } catch {
            fault = error as? KMError
        }
        return HeaderVerdict(header: name.rawName, isPresent: fields.contains(name), fault: fault)
    }
}

internal import Foundation
internal import HTTPTypes
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// What is unwise or unusual in a request that passes all checks.
struct RequestWarnings {
    let content: RequestContent
    let opened: ContentExamination.Opened
    let request: ReceivedRequest

    func all() -> [String] {
        var warnings: [String] = []
        if let key = content.credential?.secretKey, key.isShort, let byteCount = key.byteCount {
            warnings.append(
                "the secret key has \(counted(byteCount, "byte")); use at least "
                    + "\(SecretKey.recommendedByteCount), because a short one can be found from one token by brute force"
            )
        }
        warnings += ContentWarnings.key(opened.cryptoKey, at: request.date)
        if let mixed = mixedProfiles { warnings.append(mixed) }
        if let type = ContentWarnings.contentType(request) { warnings.append(type) }
        warnings += ContentWarnings.cardNumbers(request.body, opened)
        warnings += ContentWarnings.parameters(opened)
        return warnings
    }

    /// A token of one profile with a JWE of the other.
    private var mixedProfiles: String? {
        guard let header = opened.header, let token = request.headers[.kmTranToken] else { return nil }
        let isPadded = token.utf8.count == TranToken.characterCounts.upperBound
        let (documented, gateway) = (WireProfile.documented, WireProfile.gateway)
        func fits(_ profile: WireProfile) -> Bool {
            header.encryption == profile.encryption && (header.keyID != nil) == profile.namesKey
        }
        if isPadded, fits(documented) {
            return "the token is padded, as in the profile gateway, but the JWE is one of the profile documented"
        }
        if !isPadded, fits(gateway) {
            return "the token has no pad, as in the profile documented, but the JWE is one of the profile gateway"
        }
        return nil
    }
}

/// The warnings about bodies of requests and responses.
enum ContentWarnings {
    /// The time before the end of a certificate from which on to warn: 30 days.
    private static let certificateNotice: TimeInterval = 30 * 86_400

    static func key(_ key: CryptoKey?, at date: Date) -> [String] {
        guard let key else { return [] }
        var warnings: [String] = []
        if key.state == .inactive {
            warnings.append(
                "the key \(key.id.masked) is inactive; encrypt to an active key before this one is discarded"
            )
        }
        if let validity = key.encryptionKeyValidity {
            let days = Int(max(-1e6, min(1e6, validity.upperBound.timeIntervalSince(date) / 86_400)))
            if validity.upperBound < date {
                warnings.append("the certificate of the key \(key.id.masked) has expired; replace it to encrypt")
            } else if validity.upperBound.timeIntervalSince(date) <= certificateNotice {
                warnings.append(
                    "the certificate of the key \(key.id.masked) ends in \(counted(days, "day")); replace it"
                )
            }
        }
        return warnings
    }

    /// Card numbers in the parts of a body that are not encrypted.
    static func cardNumbers(_ body: [UInt8], _ opened: ContentExamination.Opened) -> [String] {
        guard opened.hasPlainText else { return [] }
        let findings = PANScanner.findings(in: body.span)
        guard let first = findings.first else { return [] }
        let place = first.jsonPath ?? "byte \(first.byteRange.lowerBound)"
        return [
            "the body has \(counted(findings.count, "real-looking card number")) in plain text, first at \(place); "
                + "encrypt card numbers, and use test cards only"
        ]
    }

    /// A Content-Type other than JSON, which the protocol does not forbid.
    static func contentType(_ request: ReceivedRequest) -> String? {
        guard !request.body.isEmpty, let value = request.headers[.contentType] else { return nil }
        let type = value.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        guard type != "application/json", !type.hasSuffix("+json") else { return nil }
        // Only the usual types are shown, because the value is input.
        let known = [
            "text/plain", "text/html", "text/json", "text/xml", "application/xml", "application/octet-stream",
            "application/jose", "application/x-www-form-urlencoded", "multipart/form-data",
        ]
        let found = known.contains(type) ? type : "another type"
        return "Content-Type is \(found); send application/json, because some servers read only that type as JSON"
    }

    static func parameters(_ opened: ContentExamination.Opened) -> [String] {
        guard opened.unknownParameterCount > 0 else { return [] }
        let count = counted(opened.unknownParameterCount, "parameter")
        return ["\(count) that the API page does not have"]
    }
}

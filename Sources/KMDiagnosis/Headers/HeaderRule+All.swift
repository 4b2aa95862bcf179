internal import HTTPTypes
internal import KMJOSE
internal import KMPrimitives
internal import KMWire

extension HeaderRule {
    /// Requires that a header appears exactly once, or at most once if it is optional.
    private static func presence(_ header: HTTPField.Name, isRequired: Bool) -> HeaderRule {
        HeaderRule(
            name: "\(header.rawName).presence",
            header: header,
            expected: isRequired ? "once" : "at most once"
        ) { fields in
            let count = fields[values: header].count
            return (
                count == 0 ? "absent" : count == 1 ? "once" : "\(count) times",
                count == 1 || (count == 0 && !isRequired)
            )
        }
    }

    /// Requires that a header is absent.
    static func absent(_ header: HTTPField.Name) -> HeaderRule {
        HeaderRule(name: "\(header.rawName).presence", header: header, expected: "absent on callbacks") { fields in
            let count = fields[values: header].count
            return (count == 0 ? "absent" : count == 1 ? "once" : "\(count) times", count == 0)
        }
    }

    /// Checks the bytes of a header that appears once and for which `applies` returns true.
    private static func rule(
        _ header: HTTPField.Name,
        _ aspect: String,
        _ expected: String,
        applies: @escaping @Sendable ([UInt8]) -> Bool = { _ in true },
        _ judge: @escaping @Sendable ([UInt8]) -> (found: String, isSatisfied: Bool)
    ) -> HeaderRule {
        HeaderRule(name: "\(header.rawName).\(aspect)", header: header, expected: expected) { fields in
            let values = fields[values: header].map { Array($0.utf8) }
            guard values.count == 1, let value = values.first, applies(value) else { return nil }
            return judge(value)
        }
    }

    private static func length(_ header: HTTPField.Name, _ counts: ClosedRange<Int>) -> HeaderRule {
        let expected = counts.count == 1 ? "\(counts.lowerBound)" : "\(counts.lowerBound) or \(counts.upperBound)"
        return rule(header, "length", "\(expected) characters") {
            ("\($0.count) characters", counts.contains($0.count))
        }
    }

    private static func alphabet(
        _ header: HTTPField.Name,
        _ expected: String,
        _ allowed: @escaping @Sendable (UInt8) -> Bool
    ) -> HeaderRule {
        rule(header, "alphabet", "only \(expected)") { value in
            guard let place = value.firstIndex(where: { !allowed($0) }) else { return ("only these", true) }
            return ("another character at position \(place + 1)", false)
        }
    }

    /// Requires that a header is text of one length and one set of characters.
    static func text<Value: HeaderValue>(
        _ type: Value.Type,
        _ count: Int,
        _ expected: String,
        isRequired: Bool
    ) -> [HeaderRule] {
        let allowed: @Sendable (UInt8) -> Bool =
            switch type.headerName {
            case .kmAccessKey: { (0x21...0x7E).contains($0) }
            case .kmCryptoKeyID: { $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
            default: { $0.isAlphanumeric }
            }
        return [
            presence(type.headerName, isRequired: isRequired),
            length(type.headerName, count...count),
            alphabet(type.headerName, expected, allowed),
        ]
    }

    static var correlationID: [HeaderRule] {
        let header = CorrelationID.headerName
        return [
            presence(header, isRequired: true),
            length(header, 20...20),
            rule(header, "form", "yyMMddHHmmss-xxxxxxx, where x is hexadecimal", applies: { $0.count == 20 }) { value in
                let isGood =
                    value[..<12].allSatisfy(\.isDigit) && value[12] == UInt8(ascii: "-")
                    && value[13...].allSatisfy(\.isHexadecimal)
                return (isGood ? "this form" : "a different form", isGood)
            },
            calendar(header, applies: { $0.count == 20 && $0[..<12].allSatisfy(\.isDigit) }) {
                Array("20".utf8) + $0[..<12]
            },
        ]
    }

    static var tranTime: [HeaderRule] {
        let header = TranTime.headerName
        return [
            presence(header, isRequired: true),
            length(header, 14...14),
            alphabet(header, "ASCII digits", \.isDigit),
            calendar(header, applies: { $0.count == 14 && $0.allSatisfy(\.isDigit) }) { $0 },
        ]
    }

    static var timeZone: [HeaderRule] {
        let header = TimeZoneCode.headerName
        let known = "one of " + TimeZoneCode.all.map(\.text).joined(separator: ", ")
        return [
            presence(header, isRequired: true),
            length(header, 3...3),
            alphabet(header, "ASCII upper-case letters") { $0 &- UInt8(ascii: "A") < 26 },
            rule(header, "known", known, applies: { $0.count == 3 && $0.allSatisfy { $0 &- UInt8(ascii: "A") < 26 } }) {
                let isKnown = (try? TimeZoneCode(String(decoding: $0, as: UTF8.self))) != nil
                return (isKnown ? "one of these" : "another code", isKnown)
            },
        ]
    }

    static var token: [HeaderRule] {
        let header = TranToken.headerName
        let hasParts: @Sendable ([UInt8]) -> Bool = { $0.count >= 23 && $0.starts(with: "KMV1:".utf8) }
        return [
            presence(header, isRequired: true),
            length(header, TranToken.characterCounts),
            rule(header, "version", "KMV1: at the beginning") {
                let isGood = $0.starts(with: "KMV1:".utf8)
                return (isGood ? "KMV1:" : "something else there", isGood)
            },
            rule(header, "time", "a date and time that exist, as 17 digits, then a colon", applies: hasParts) { value in
                let time = Array(value[5..<22])
                let isGood = value[22] == UInt8(ascii: ":") && CivilTime(digits: time.span) != nil
                return (isGood ? "this form" : "a different form", isGood)
            },
            rule(header, "mac", "canonical Base64 of 32 bytes, with or without its pad", applies: hasParts) { value in
                var mac = Array(value[23...])
                if mac.count == 44, mac.last == UInt8(ascii: "=") { mac.removeLast() }
                let isGood = Base64.standard.decode(mac.span)?.count == 32
                return (isGood ? "this form" : "\(value.count - 23) characters of a different form", isGood)
            },
        ]
    }

    private static func calendar(
        _ header: HTTPField.Name,
        applies: @escaping @Sendable ([UInt8]) -> Bool,
        _ digits: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) -> HeaderRule {
        rule(header, "calendar", "a date and time that exist", applies: applies) { value in
            let digits = digits(value)
            let isGood = CivilTime(digits: digits.span) != nil
            return (isGood ? "an existing one" : "one that does not exist", isGood)
        }
    }

    /// The rules about several headers, which apply if each of the headers is valid by itself.
    static var crossChecks: [HeaderRule] {
        [
            HeaderRule(
                name: "token-time",
                header: TranToken.headerName,
                expected: "the same second as X-KM-Tran-Time"
            ) { fields in
                guard let token = try? fields.single(TranToken.headerName).map(TranToken.init),
                    let time = try? fields.optional(TranTime.self)
                else { return nil }
                return (
                    "\(token.timeDigits.prefix(14)); X-KM-Tran-Time has \(time)",
                    token.time.toTheSecond == time.time
                )
            },
            HeaderRule(
                name: "correlation-time",
                header: CorrelationID.headerName,
                expected: "a time within 300 s of X-KM-Tran-Time"
            ) { fields in
                guard let id = try? fields.optional(CorrelationID.self), let time = try? fields.optional(TranTime.self)
                else { return nil }
                let difference =
                    (id.time.millisecondsSince1970(secondsFromUTC: 0)
                        - time.time.millisecondsSince1970(secondsFromUTC: 0)) / 1000
                return ("a difference of \(abs(difference)) s", abs(difference) <= 300)
            },
        ]
    }
}

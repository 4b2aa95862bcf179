internal import HTTPTypes
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// The examination of each platform header by itself: presence, count and form.
struct HeaderExamination {
    let fields: HTTPFields
    let kind: HeaderRule.Kind
    /// Returns whether a text is a secret key that the receiver knows.
    let isSecret: (String) -> Bool

    private static let all: [HTTPField.Name] = [
        .kmUserAspID, .kmCorrelationID, .kmAccessKey, .kmCryptoKeyID, .kmTranToken, .kmTranTime, .kmTimeZone,
    ]

    /// The faults in the order in which the receiver parses the headers.
    ///
    /// The presence of the access key is not among them: a receiver checks it later, with the caller.
    func faults() -> [Fault] {
        var faults: [Fault] = []
        func add<Value: HeaderValue>(_ type: Value.Type, isRequired: Bool) {
            do {
                _ = isRequired ? try fields.required(type) : try fields.optional(type)
            } catch let error as KMError {
                faults.append(fault(type.headerName, error))
            } catch {}
        }
        if kind != .response { add(AspID.self, isRequired: true) }
        add(CorrelationID.self, isRequired: true)
        if kind != .response { add(AccessKey.self, isRequired: false) }
        add(CryptoKeyID.self, isRequired: false)
        guard kind != .response else { return faults }
        do {
            guard let token = try fields.single(.kmTranToken) else { throw HTTPFields.missing(.kmTranToken) }
            _ = try TranToken(token)
        } catch let error as KMError {
            faults.append(fault(.kmTranToken, error))
        } catch {}
        add(TranTime.self, isRequired: true)
        add(TimeZoneCode.self, isRequired: true)
        return faults
    }

    /// Describes why a header does not parse.
    func fault(_ name: HTTPField.Name, _ error: KMError) -> Fault {
        let values = fields[values: name]
        switch error.code {
        case .headerMissing:
            guard let similar = similarName(to: name) else {
                return Fault(error.code, "\(name.rawName) is missing", .headerMissing, fix: "add \(name.rawName)")
            }
            return Fault(
                error.code,
                "\(name.rawName) is missing; \(similar) is present",
                .headerName,
                fix: "write \(name.rawName) instead of \(similar)"
            )
        case .headerRepeated:
            let same = Set(values).count == 1 ? "equal" : "different"
            return Fault(
                error.code,
                "\(name.rawName) appears \(values.count) times, with \(same) values",
                .headerRepeated
            )
        default: return malformed(name, Array((values.first ?? "").utf8), error)
        }
    }

    private func malformed(_ name: HTTPField.Name, _ value: [UInt8], _ error: KMError) -> Fault {
        let misfit = HeaderForm.of(name)?.firstMisfit(value)
        // The access key and the token are not shown.
        let isPublic = name != .kmAccessKey && name != .kmTranToken
        let difference = misfit.map {
            Judgment.Difference(place: name.rawName, offset: $0, in: value, showsLetters: isPublic)
        }
        let broken = HeaderRule.rules(kind).filter { $0.header == name }.compactMap { $0.finding(fields) }
            .filter { !$0.isSatisfied && $0.rule.hasPrefix(name.rawName) }
            .map { "\($0.found) instead of \($0.expected)" }
        let what = broken.isEmpty ? error.detail : "\(name.rawName): \(broken.joined(separator: ", "))"
        return Fault(error.code, what, mistake(name, value, error, hasForm: misfit == nil), difference)
    }

    private func mistake(_ name: HTTPField.Name, _ value: [UInt8], _ error: KMError, hasForm: Bool) -> Mistake {
        if name == .kmTranToken { return Self.tokenMistake(value, hasForm: hasForm) }
        let text = String(decoding: value, as: UTF8.self)
        let cause: CallCause? =
            if name == .kmAccessKey, isSecret(text) {
                .accessKeyIsSecret
            } else if name == .kmAccessKey || name == .kmCryptoKeyID, hasSwappedIDs {
                .idsSwapped
            } else if hasForm {
                name == .kmTimeZone ? .timeZoneUnknown : .dateDoesNotExist
            } else {
                HeaderMistake.cause(name, value)
            }
        if let cause { return Mistake(name: cause.rawValue, advice: cause.fix) }
        let general: CallCause = value.count == HeaderForm.of(name)?.count ? .headerCharacters : .headerLength
        return Mistake(name: general.rawValue, advice: "\(name.rawName): \(general.fix)")
    }

    /// Whether the access key and the key id are each in the other's header.
    private var hasSwappedIDs: Bool {
        func hasForm(_ value: String?, _ form: HTTPField.Name) -> Bool {
            value.map { HeaderForm.of(form)?.firstMisfit(Array($0.utf8)) == nil } ?? false
        }
        return hasForm(fields[.kmAccessKey], .kmCryptoKeyID) && hasForm(fields[.kmCryptoKeyID], .kmAccessKey)
    }

    private static func tokenMistake(_ value: [UInt8], hasForm: Bool) -> Mistake {
        let text = String(decoding: value, as: UTF8.self)
        if let space = value.firstIndex(of: UInt8(ascii: " ")), value[(space + 1)...].starts(with: "KMV1:".utf8) {
            return Mistake(name: CallCause.tokenScheme.rawValue, advice: CallCause.tokenScheme.fix)
        }
        if hasForm, let time = CivilTimeText(value), !time.exists {
            return Mistake(name: CallCause.dateDoesNotExist.rawValue, advice: CallCause.dateDoesNotExist.fix)
        }
        if TokenForm.readOtherSize(text) != nil {
            return Mistake(name: CallCause.tokenMACSize.rawValue, advice: CallCause.tokenMACSize.fix)
        }
        let unreadable = TokenDiagnosis.unreadable
        return TokenForm.read(text)?.mistakes.first ?? Mistake(name: unreadable.cause, advice: unreadable.advice)
    }

    /// Returns the name of a header that resembles a missing one.
    private func similarName(to name: HTTPField.Name) -> String? {
        let wanted = Self.letters(name.rawName)
        return fields.lazy.map(\.name)
            .filter { !Self.all.contains($0) }
            .first { field in
                let found = Self.letters(field.rawName)
                let isNear = found.count <= 40 && EditDistance.isAtMost(2, Array(found), Array(wanted))
                return found == wanted || "x" + found == wanted || isNear
            }
            .map { String($0.rawName.prefix(40)) }
    }

    private static func letters(_ name: String) -> String {
        String(decoding: name.utf8.filter(\.isAlphanumeric).map { $0 | 0x20 }, as: UTF8.self)
    }
}

/// The time in a token that has its form.
private struct CivilTimeText {
    let exists: Bool

    init?(_ token: [UInt8]) {
        guard token.count >= 22 else { return nil }
        exists = CivilTime(digits: token.span.extracting(5..<22)) != nil
    }
}

/// The mistakes in the form of one header that have a name.
private enum HeaderMistake {
    static func cause(_ name: HTTPField.Name, _ value: [UInt8]) -> CallCause? {
        switch name {
        case .kmTranTime: tranTime(value)
        case .kmCorrelationID: correlationID(value)
        case .kmTimeZone: timeZone(value)
        case .kmUserAspID: value.count == 16 ? .aspIDOf16 : nil
        case .kmCryptoKeyID: isUUID(value) ? .keyIDIsUUID : nil
        default: nil
        }
    }

    private static func tranTime(_ value: [UInt8]) -> CallCause? {
        guard value.allSatisfy(\.isDigit) else {
            return value.filter(\.isDigit).count >= 12 ? .tranTimeSeparators : nil
        }
        return switch value.count {
        case 17: .tranTimeWithMilliseconds
        case 10, 13: .tranTimeEpoch
        default: nil
        }
    }

    private static func correlationID(_ value: [UInt8]) -> CallCause? {
        if isUUID(value) { return .correlationIDIsUUID }
        let hasHyphen = value.contains(UInt8(ascii: "-"))
        if !hasHyphen, (19...20).contains(value.count), value.allSatisfy(\.isHexadecimal) {
            return .correlationIDWithoutHyphen
        }
        return value.count == 21 ? .correlationIDOf21 : nil
    }

    private static func timeZone(_ value: [UInt8]) -> CallCause? {
        let text = String(decoding: value.map { $0 &- UInt8(ascii: "a") < 26 ? $0 & 0xDF : $0 }, as: UTF8.self)
        if value.count == 3, TimeZoneCode.all.contains(where: { $0.text == text }) { return .timeZoneLowerCase }
        return value.count > 3 || value.contains(where: \.isDigit) ? .timeZoneName : nil
    }

    private static func isUUID(_ value: [UInt8]) -> Bool {
        value.count == 36 && value.filter { $0 == UInt8(ascii: "-") }.count == 4
    }
}

#if Sandbox
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMWire

/// Headers that are missing or appear twice.
extension ConformanceCase {
    static let headers = [
        ConformanceCase(
            "header-missing",
            .headers,
            "The server rejects a call without any one of the seven headers.",
            fault: "the server does not require the header"
        ) { session in
            var calls: [(String, TestCall)] = []
            for name in names { calls.append((name.rawName, try session.maker.call().with(name, nil))) }
            return await session.rejects(calls)
        },
        ConformanceCase(
            "header-duplicate",
            .headers,
            "The server rejects a call in which any one of the seven headers appears twice, whatever the values.",
            fault: "the server uses one of two headers of the same name"
        ) { session in
            var calls: [(String, TestCall)] = []
            for name in names {
                let other = try Self.other(name, session.maker)
                for label in ["the same value twice", "the right value first", "the right value last"] {
                    var call = try session.maker.call()
                    let right = HTTPField(name: name, value: call.value(name))
                    let added = HTTPField(name: name, value: label == "the same value twice" ? right.value : other)
                    let index = call.headers.firstIndex { $0.name == name } ?? 0
                    call.headers.insert(added, at: label == "the right value last" ? index : index + 1)
                    calls.append(("\(name.rawName), \(label)", call))
                }
            }
            return await session.rejects(calls)
        },
    ]

    private static let names: [HTTPField.Name] = [
        .kmUserAspID, .kmCorrelationID, .kmAccessKey, .kmCryptoKeyID, .kmTranToken, .kmTranTime, .kmTimeZone,
    ]

    /// Returns a well-formed value of a header that is not the call's.
    private static func other(_ name: HTTPField.Name, _ maker: CallMaker) throws -> String {
        switch name {
        case .kmUserAspID: "000999999999999"
        case .kmAccessKey: hexadecimal(try SecureRandom.bytes(20))
        case .kmCryptoKeyID: try CryptoKeyID.random().text
        case .kmTimeZone: maker.credentials.timeZone == .jst ? "KST" : "JST"
        case .kmTranTime: try maker.stamp(-1).tranTime.text
        default: try maker.call().value(name)
        }
    }
}
#endif

#if Sandbox
import Foundation
import HTTPTypes
import KMPrimitives
import KMSecurity
import KMWire

/// What the responses to the valid calls must be.
extension ConformanceCase {
    static let responses = [
        response(
            "response-correlation-id",
            "Each response repeats the call's X-KM-Correlation-Id, once.",
            fault: "the server does not repeat the correlation id in a response"
        ) { exchange in
            let values = exchange.reply.values(.kmCorrelationID)
            if values.isEmpty { return "X-KM-Correlation-Id is missing" }
            return values == [exchange.call.value(.kmCorrelationID)] ? nil : "another X-KM-Correlation-Id, or several"
        },
        response(
            "response-key-id",
            "If a response has X-KM-Crypto-Key-Id, it is the one of the call.",
            fault: "the server names another key than the call did"
        ) { exchange in
            let values = exchange.reply.values(.kmCryptoKeyID)
            return values.isEmpty || values == [exchange.key.id.text] ? nil : "another X-KM-Crypto-Key-Id, or several"
        },
        response(
            "response-encrypted",
            "Each response is encrypted at the level of its call.",
            fault: "the server sends card data unencrypted"
        ) { exchange in
            do {
                _ = try exchange.open()
                return nil
            } catch let error as KMError {
                return Exchange.isUnencrypted(error) ? error.code.description : nil
            }
        },
        response(
            "response-decrypts",
            "Each response decrypts with the client's private key, under the crypto key of the call.",
            fault: "the server encrypts to another key than the client's, or encrypts wrongly",
            requires: ["response-encrypted"]
        ) { exchange in
            do {
                _ = try exchange.open()
                return nil
            } catch let error as KMError {
                return error.code == .authenticationFailed ? "the body does not decrypt" : "\(error)"
            }
        },
        response(
            "response-parameters",
            "The parameters of a response are an object with the array issuedCardList and, if any, a result 000_000.",
            fault: "the server's parameters do not have the documented form",
            requires: ["response-decrypts"]
        ) { exchange in
            let parameters = try exchange.open()
            guard let object = try? JSONSerialization.jsonObject(with: Data(parameters)) as? [String: Any] else {
                return "the parameters are not a JSON object"
            }
            guard object["issuedCardList"] is [Any] else { return "issuedCardList is not an array" }
            guard object["response"] != nil else { return nil }
            let isSuccess = (try? PlatformResult(parsing: parameters))?.isSuccess == true
            return isSuccess ? nil : "the member response is not a result with the code 000_000"
        },
    ]

    private typealias Exchange = Session.Exchange

    /// A case that checks all kept exchanges; `check` returns what is wrong with one.
    private static func response(
        _ name: String,
        _ expected: String,
        fault: String,
        requires: [String] = [],
        _ check: @escaping @Sendable (Session.Exchange) throws -> String?
    ) -> ConformanceCase {
        ConformanceCase(name, .responses, expected, fault: fault, requires: requires) { session in
            let exchanges = await session.exchanges
            guard !exchanges.isEmpty else { return .skipped("no valid call was answered with status 200") }
            var faults: [String] = []
            for exchange in exchanges {
                if let fault = try check(exchange) { faults.append("\(exchange.name): \(fault)") }
            }
            return faults.isEmpty
                ? .passed(counted(exchanges.count, "response")) : .failed(list(faults))
        }
    }
}

extension Session.Exchange {
    /// Decrypts the response, whatever its headers say.
    func open() throws -> [UInt8] {
        guard case .response(_, let body) = reply else { return [] }
        return try ParameterCipher(keyring: CryptoKeyring(primary: key.cryptoKey)).open(
            body,
            call.level.endpoint.response.protection,
            under: key.id,
            correlationID: CorrelationID(call.value(.kmCorrelationID))
        )
    }

    /// Whether an error of ``open()`` says that the response is not encrypted at all.
    static func isUnencrypted(_ error: KMError) -> Bool {
        [.protectionRequired, .malformedBody, .malformedJSON, .fieldMissing].contains(error.code)
    }
}
#endif

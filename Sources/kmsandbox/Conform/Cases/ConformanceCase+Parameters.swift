#if Sandbox
import Foundation
import HTTPTypes
import KMSecurity
import KMWire

/// Well-protected calls with wrong parameters, and calls to nowhere.
extension ConformanceCase {
    static let parameters = [
        parameters(
            "parameters-missing",
            "The server answers HTTP 400 with 000_002 if a required parameter is missing.",
            fault: "the server does not check that all parameters are present"
        ) { object in
            object.keys.sorted().map { name in
                var object = object
                object[name] = nil
                return ("without \(name)", object)
            }
        },
        parameters(
            "parameters-type",
            "The server answers HTTP 400 with 000_002 if a parameter has another type.",
            fault: "the server does not check the types of parameters"
        ) { object in
            object.keys.sorted().map { name in
                var object = object
                object[name] = object[name] is String ? 1 : "1"
                return (name, object)
            }
        },
        parameters(
            "parameters-not-object",
            "The server answers HTTP 400 with 000_002 if the parameters are JSON, but not an object.",
            fault: "the server does not check that the parameters are an object"
        ) { object in [("a list", [object]), ("null", NSNull()), ("a number", 1), ("a string", "userId")] },
        ConformanceCase(
            "unknown-path",
            .endpoints,
            "The server answers HTTP 404 to a path that is no endpoint, and 404 or 405 to another method.",
            fault: "the server answers calls to paths or methods that are no endpoints"
        ) { session in
            var path = try session.maker.call()
            path.path += "/unknown"
            var method = try session.maker.call()
            method.method = .get
            method.body = []
            let replies = [await session.send(path), await session.send(method)]
            let observed = "unknown path: \(replies[0].summary); GET: \(replies[1].summary)"
            let isRight = replies[0].status == 404 && [404, 405].contains(replies[1].status)
            return isRight ? .passed(observed) : .failed(observed)
        },
    ]

    /// A case that changes the parameters; `change` gets the valid ones.
    private static func parameters(
        _ name: String,
        _ expected: String,
        fault: String,
        _ change: @escaping @Sendable ([String: Any]) -> [(label: String, value: Any)]
    ) -> ConformanceCase {
        ConformanceCase(name, .parameters, expected, fault: fault) { session in
            let valid = Data(session.maker.credentials.validParameters)
            let object = try JSONSerialization.jsonObject(with: valid) as? [String: Any] ?? [:]
            let required = object.filter { documentedNames.contains($0.key) }
            var wrong: [String] = []
            let changed = change(required)
            for (label, value) in changed {
                let json = Array(try JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed))
                let stamp = try session.maker.stamp()
                let body = try session.maker.body(.message, .documented, stamp, parameters: json)
                let reply = await session.reject(label, try session.maker.call(body: body, stamp: stamp), .parameters)
                if !reply.isDocumentedRejection, reply.status.map({ $0 < 500 }) != false {
                    wrong.append("\(label): \(reply.summary)")
                }
            }
            return wrong.isEmpty ? .passed("\(changed.count) calls: HTTP 400 with 000_002") : .failed(list(wrong))
        }
    }

    private static let documentedNames: Set = ["userId", "physicalCardNo", "physicalCardExpDate", "physicalCardCVC"]
}
#endif

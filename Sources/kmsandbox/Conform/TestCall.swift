#if Sandbox
import HTTPTypes
import KMSecurity
import KMWire

/// One request of a test, which may have a defect.
struct TestCall: Sendable {
    /// Which protection the call uses, and so which URL it goes to.
    enum Level: String, Sendable {
        case message
        case field

        /// The documented endpoint with this protection.
        var endpoint: Endpoint { self == .message ? .waitingPhysicalCards : .waitingPhysicalCardsByField }
    }

    /// The protection.
    var level: Level
    /// The HTTP method.
    var method = HTTPRequest.Method.post
    /// The path below the base URL.
    var path = Endpoint.waitingPhysicalCards.path
    /// The platform's headers in their order; a name may appear twice.
    var headers: [HTTPField]
    /// The bytes of the body.
    var body: [UInt8]

    /// Replaces the value of a header; nil removes the header.
    mutating func set(_ name: HTTPField.Name, _ value: String?) {
        guard let index = headers.firstIndex(where: { $0.name == name }) else {
            if let value { headers.append(HTTPField(name: name, value: value)) }
            return
        }
        if let value { headers[index].value = value } else { headers.remove(at: index) }
    }

    /// Returns a copy of the call with another value of a header; nil removes the header.
    func with(_ name: HTTPField.Name, _ value: String?) -> TestCall {
        var call = self
        call.set(name, value)
        return call
    }

    /// The value of a header.
    func value(_ name: HTTPField.Name) -> String { headers.first { $0.name == name }?.value ?? "" }

    /// The correlation id that the response must repeat; nil unless it appears once and is well-formed.
    var correlationID: CorrelationID? {
        let values = headers.filter { $0.name == .kmCorrelationID }
        return values.count == 1 ? try? CorrelationID(values[0].value) : nil
    }
}
#endif

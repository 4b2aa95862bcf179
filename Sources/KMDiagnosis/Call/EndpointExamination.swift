internal import HTTPTypes
internal import KMPrimitives
internal import KMSecurity
internal import KMWire

/// The examination of a request's method and path.
struct EndpointExamination {
    let receiver: RequestJudge.Receiver
    let request: ReceivedRequest

    /// The step, and the endpoint that a sender of an unknown path probably meant.
    func step(_ endpoint: Endpoint?) -> (step: JudgedStep, nearest: Endpoint?) {
        let expected = "a method and a path of the endpoint table"
        if let endpoint {
            let found = "\(endpoint.method.rawValue) \(receiver.basePath)\(endpoint.path)"
            return (.passed(.endpoint, expected, found), endpoint)
        }
        let (fault, nearest) = unknown()
        return (.judged(.endpoint, expected, [fault], otherwise: ""), nearest)
    }

    private func unknown() -> (fault: Fault, nearest: Endpoint?) {
        let path = String(request.path.prefix { $0 != "?" })
        var base = receiver.basePath[...]
        while base.last == "/" { base.removeLast() }
        func fault(_ found: String, _ cause: CallCause, _ fix: String? = nil) -> Fault {
            Fault(.endpointUnknown, found, cause, fix: fix)
        }
        // Longer paths are not near any endpoint.
        guard path.utf8.count <= 1024 else { return (fault("a path of more than 1024 bytes", .endpointUnknown), nil) }
        let isBelow = path.utf8.starts(with: base.utf8)
        let rest = isBelow ? String(path.utf8.dropFirst(base.utf8.count)) ?? path : path
        func first(_ isSame: (Endpoint) -> Bool) -> Endpoint? {
            // The endpoints of the request's method come first.
            receiver.endpoints.endpoints.first { $0.method == request.method && isSame($0) }
                ?? receiver.endpoints.endpoints.first(where: isSame)
        }
        if isBelow, let endpoint = first({ $0.path == rest }) {
            let found =
                "\(request.method.rawValue.prefix(16).filter(\.isLetter)), but the path is known for \(endpoint.method.rawValue)"
            return (fault(found, .endpointMethod, "send \(endpoint.method.rawValue)"), endpoint)
        }
        if !isBelow, let endpoint = first({ $0.path == path }) {
            let fix = "send the request to \(base)\(endpoint.path)"
            return (fault("a path without the base path \(base)", .endpointBasePath, fix), endpoint)
        }
        let segments = Self.segments(rest)
        if let endpoint = first({ Self.segments($0.path) == segments }) {
            let fix = "send the request to \(base)\(endpoint.path)"
            return (fault("a path with additional slashes", .endpointSlash, fix), endpoint)
        }
        let lower = segments.map { $0.lowercased() }
        if let endpoint = first({ Self.segments($0.path).map { $0.lowercased() } == lower }) {
            let fix = "send the request to \(base)\(endpoint.path)"
            return (fault("a path in other letters", .endpointCase, fix), endpoint)
        }
        let near = first {
            $0.path.utf8.count <= 256 && EditDistance.isAtMost(3, Array($0.path.utf8), Array(rest.utf8))
        }
        if let near {
            let fix = "send the request to \(base)\(near.path)"
            return (fault("a path that resembles \(base)\(near.path)", .endpointUnknown, fix), near)
        }
        return (fault("a path that the endpoint table does not have", .endpointUnknown), nil)
    }

    private static func segments(_ path: String) -> [Substring] { path.split(separator: "/") }
}

/// The examination of a body's size.
enum SizeExamination {
    static func step(_ body: [UInt8], _ limits: ParameterLimits) -> JudgedStep {
        let expected = "at most \(limits.maximumBodyByteCount) bytes"
        let found = counted(body.count, "byte")
        guard (try? limits.check(body)) == nil else { return .passed(.size, expected, found) }
        return .judged(.size, expected, [Fault(.limitExceeded, found, .bodyTooLarge)], otherwise: found)
    }
}

internal import HTTPTypes
internal import KMJSON

/// Parses the JSON form of an ``EndpointTable``.
///
/// A table decides what is encrypted. So nothing in it is ignored: unknown, duplicate and missing members are errors.
enum EndpointTableParser {
    static func endpoints(in json: [UInt8]) throws -> [Endpoint] {
        var reader = StrictJSONReader(json, code: .malformedEndpointTable)
        var (version, endpoints): (Int?, [Endpoint]?) = (nil, nil)
        try reader.file("an endpoint table") { reader, name in
            switch name {
            case "$schema": _ = try reader.string(name)
            case "version": version = try reader.integer(name)
            case "endpoints": endpoints = try reader.objects(name, maximumCount: 10_000, endpoint)
            default: throw reader.unknown()
            }
        }
        guard version == 1 else { throw EndpointTable.malformed("version must be 1") }
        return try reader.required(endpoints, "endpoints")
    }

    private static func endpoint(_ reader: inout StrictJSONReader) throws -> Endpoint {
        var (method, path): (String?, String?) = (nil, nil)
        var (request, response): (Endpoint.Rule?, Endpoint.Rule?) = (nil, nil)
        try reader.members { reader, name in
            switch name {
            case "method": method = try reader.string(name)
            case "path": path = try reader.string(name)
            case "request": request = try rule(&reader, name)
            case "response": response = try rule(&reader, name)
            default: throw reader.unknown()
            }
        }
        let text = try reader.required(method, "method")
        let isMethod = (1...32).contains(text.utf8.count) && text.utf8.allSatisfy { (0x41...0x5A).contains($0) }
        guard isMethod, let method = HTTPRequest.Method(text) else {
            throw EndpointTable.malformed("a method must be 1 to 32 capital letters")
        }
        return try Endpoint(
            reader.required(path, "path"),
            method: method,
            request: reader.required(request, "request"),
            response: reader.required(response, "response")
        )
    }

    private static func rule(_ reader: inout StrictJSONReader, _ member: String) throws -> Endpoint.Rule {
        var (protection, presence, paths): (String?, String?, [String]?) = (nil, nil, nil)
        var acceptsPlain = false
        try reader.object(member) { reader, name in
            switch name {
            case "protection": protection = try reader.string(name)
            case "fields": paths = try reader.strings(name, maximumCount: FieldSelection.maximumPathCount)
            case "presence": presence = try reader.string(name)
            case "insecureAcceptingPlain": acceptsPlain = try reader.boolean(name)
            default: throw reader.unknown()
            }
        }
        let isOfFields = protection == "fields"
        guard isOfFields || (paths == nil && presence == nil) else {
            throw EndpointTable.malformed("only the protection fields can have fields and presence")
        }
        let value: Protection =
            switch protection {
            case "plain": .none
            case "message": .message
            case "fields":
                .fields(
                    try FieldSelection(
                        reader.required(paths, "fields"),
                        presence: Self.presence(presence ?? "everyItem")
                    )
                )
            default: throw EndpointTable.malformed("protection must be plain, message or fields")
            }
        return acceptsPlain ? Endpoint.Rule(insecureAcceptingPlain: value) : Endpoint.Rule(value)
    }

    private static func presence(_ text: String) throws -> FieldSelection.Presence {
        switch text {
        case "everyItem": .everyItem
        case "atLeastOnce": .atLeastOnce
        case "optional": .optional
        default: throw EndpointTable.malformed("presence must be everyItem, atLeastOnce or optional")
        }
    }
}

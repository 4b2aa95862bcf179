internal import KMJSON

/// A member that stands twice in an object: Foundation's decoder takes one of them and says nothing.
enum RepeatedMembers {
    /// Throws when `text` is not JSON or an object in it has a member twice.
    static func refuse(in text: [UInt8]) throws {
        let document = text.span
        var scanner = JSONScanner()
        // The names seen in each open object, the innermost last; arrays have an empty set.
        var names: [Set<[UInt8]>] = []
        while true {
            switch try scanner.next(in: document) {
            case .objectStart, .arrayStart: names.append([])
            case .objectEnd, .arrayEnd: names.removeLast()
            case .name:
                let name = JSONString.unescaped(document, scanner.range)
                guard names[names.count - 1].insert(name).inserted else {
                    throw VectorFileError("the member at byte \(scanner.range.lowerBound) stands twice in its object")
                }
            case .end: return
            case .string, .number, .true, .false, .null: break
            }
        }
    }
}

/// Every way to print `value` that code, logs and debuggers use.
package func printings<Value>(of value: Value) -> [String] {
    var texts: [String] = []
    func add<Printed>(_ printed: Printed) {
        texts.append(String(describing: printed))
        texts.append(String(reflecting: printed))
        texts.append("\(printed)")
        var text = ""
        print(printed, terminator: "", to: &text)
        debugPrint(printed, terminator: "", to: &text)
        dump(printed, to: &text)
        texts.append(text)
        texts.append(describeChildren(of: printed))
    }
    add(value)
    add(Holder(held: value))
    add(Owner(value))
    add([value, value])
    add(["key": value])
    add(Optional.some(value))
    add(Optional.some([Optional.some(value)]))
    add((1, value))
    add(Result<Value, any Error>.success(value))
    add(value as Any)
    return texts
}

/// What `Mirror` shows of a value, all the way down.
private func describeChildren(of value: Any) -> String {
    let mirror = Mirror(reflecting: value)
    let own = mirror.children.map { "\($0.label ?? "-")=\($0.value) \(describeChildren(of: $0.value))" }
    let inherited = mirror.superclassMirror.map { "\($0.children.map { "\($0.value)" })" } ?? ""
    return own.joined(separator: ",") + inherited
}

/// Whether one of the texts holds four or more of `bytes` in a row: as a list of numbers (as arrays print), in
/// hexadecimal, in Base64 of either alphabet, or as they are.
package func shows(_ texts: [String], _ bytes: [UInt8]) -> Bool {
    let text = texts.joined(separator: "\n")
    // Lists of numbers, however they are parted: with commas, or with lines as dump prints them.
    let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
    let flat = " " + words.joined(separator: " ") + " "
    let hexadecimal = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    // Of a long secret some places will do: what prints one prints all.
    for start in stride(from: 0, through: bytes.count - 4, by: max(1, bytes.count / 12)) {
        let part = bytes[start..<start + 4]
        let digits = hexadecimal[start..<start + 4]
        let numbers = part.map(String.init).joined(separator: " ")
        if flat.contains(" \(numbers) ") || flat.contains(digits.joined()) { return true }
        if flat.contains(" \(digits.joined(separator: " ")) ") { return true }
        if part.allSatisfy({ (0x21...0x7E).contains($0) }), text.contains(String(decoding: part, as: UTF8.self)) {
            return true
        }
    }
    return base64(bytes).contains { $0.count >= 12 && text.contains($0.prefix(12)) }
}

private func base64(_ bytes: [UInt8]) -> [String] {
    let text = base64Text(bytes)
    return [text, String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })]
}

/// Base64 of the whole groups of three bytes.
func base64Text(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count / 3 * 3, by: 3) {
        let group = Int(bytes[start]) << 16 | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2])
        for shift in [18, 12, 6, 0] { text.append(alphabet[group >> shift & 63]) }
    }
    return text
}

private struct Holder<Value> {
    let held: Value
    let other = 1
}

private final class Owner<Value> {
    let owned: Value

    init(_ owned: Value) {
        self.owned = owned
    }
}

/// Reads the integers of PKCS#1 files, so that tests can change them.
enum PKCS1 {
    /// Returns the INTEGERs of a SEQUENCE except the version; the length of the SEQUENCE must have two bytes.
    static func integers(of pkcs1: some Sequence<UInt8>) -> [[UInt8]] {
        let pkcs1 = Array(pkcs1)
        var integers: [[UInt8]] = []
        var at = 4
        while at < pkcs1.count {
            var count = Int(pkcs1[at + 1])
            at += 2
            if count >= 0x80 {
                let lengthCount = count & 0x7F
                count = pkcs1[at..<at + lengthCount].reduce(0) { $0 << 8 | Int($1) }
                at += lengthCount
            }
            integers.append(Array(pkcs1[at..<at + count].drop { $0 == 0 }))
            at += count
        }
        return Array(integers.dropFirst())
    }
}

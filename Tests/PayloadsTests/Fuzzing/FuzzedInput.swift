import Glibc

/// Keeps the input that is being tried in a file that outlives a crash; nothing where no file is named.
@safe
struct FuzzedInput: ~Copyable {
    private static let capacity = 1 << 20
    private let memory: UnsafeMutableRawPointer?

    /// The file named by PHUSA_FUZZ_LAST_INPUT: eight bytes for the length, then the topic, a zero and the payload.
    init(path: String?) {
        guard let path else {
            unsafe memory = nil
            return
        }
        // Safe: the string lives for the call.
        let descriptor = unsafe open(path, O_RDWR | O_CREAT, 0o644)
        guard descriptor >= 0, ftruncate(descriptor, Self.capacity) == 0 else {
            unsafe memory = nil
            return
        }
        // Safe: a new mapping of a file that is as long as the mapping; MAP_FAILED is told apart below.
        let mapping = unsafe mmap(nil, Self.capacity, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        close(descriptor)
        unsafe memory = mapping == MAP_FAILED ? nil : mapping
    }

    deinit {
        if let memory = unsafe memory { _ = unsafe munmap(memory, Self.capacity) }
    }

    func keep(topic: String, payload: [UInt8]) {
        guard let memory = unsafe memory else { return }
        let record = Array(topic.utf8) + [0] + payload.prefix(Self.capacity - 1000)
        unsafe memory.storeBytes(of: UInt64(record.count), as: UInt64.self)
        // Safe: the record is shorter than the mapping.
        unsafe UnsafeMutableRawBufferPointer(start: memory + 8, count: record.count).copyBytes(from: record)
    }
}

/// Memory of this process, in bytes.
enum ProcessMemory {
    /// The most that was resident since ``forgetPeak()``: VmHWM of /proc/self/status.
    static var peakByteCount: Int {
        guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
        defer { unsafe fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        // Safe: no more than the array's count is written, with a zero at the end.
        while unsafe fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("VmHWM:") else { continue }
            return (Int(text.filter(\.isNumber)) ?? 0) * 1024
        }
        return 0
    }

    /// Lets the peak begin anew at what is resident now; where the kernel does not allow it, it stays what it was.
    static func forgetPeak() {
        guard let file = unsafe fopen("/proc/self/clear_refs", "w") else { return }
        unsafe fputs("5", file)
        unsafe fclose(file)
    }
}

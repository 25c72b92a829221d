;; The two passes of resize.ts with SIMD: 8 bits a channel, weights with 22 fraction bits, sums of 32 bits.
(module
  (memory (export "memory") 1)

  ;; Along rows of 3 channels, four taps at a time. A weight w is kept as two words of 16 bits, w = high × 2¹¹ + low with
  ;; 0 ≤ low < 2¹¹, so that pairs of taps meet in one product of 16-bit words; high and low sums are joined at the end, which
  ;; is exact in 32 bits. Lanes are red, green, blue; the fourth takes whatever follows and is overwritten.
  (func (export "rows")
    (param $data i32)     ;; u8 [rows, rowBytes], 16 bytes of slack after it
    (param $rows i32)
    (param $rowBytes i32)
    (param $out i32)      ;; u8 [rows, length, 3], 1 byte of slack after it
    (param $length i32)
    (param $first i32)    ;; i32 [length], byte offset of the first tap in a row
    (param $count i32)    ;; i32 [length], groups of four taps
    (param $weights i32)  ;; i16 [length, stride / 16, 4, 2]: high and low words of taps 0 and 1, then of taps 2 and 3
    (param $stride i32)   ;; bytes
    (local $x i32) (local $from i32) (local $w i32) (local $end i32) (local $k i32)
    (local $v v128) (local $a v128) (local $b v128) (local $high v128) (local $low v128)
    (block $done
      (loop $row
        (br_if $done (i32.eqz (local.get $rows)))
        (local.set $x (i32.const 0))
        (local.set $k (local.get $weights))
        (block $rowDone
          (loop $column
            (br_if $rowDone (i32.ge_u (local.get $x) (local.get $length)))
            (local.set $from (i32.add (local.get $data)
              (i32.load (i32.add (local.get $first) (i32.shl (local.get $x) (i32.const 2))))))
            (local.set $w (local.get $k))
            (local.set $end (i32.add (local.get $k)
              (i32.shl (i32.load (i32.add (local.get $count) (i32.shl (local.get $x) (i32.const 2)))) (i32.const 4))))
            (local.set $high (v128.const i32x4 0 0 0 0))
            (local.set $low (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
            (block $tapsDone
              (loop $tap
                (br_if $tapsDone (i32.ge_u (local.get $w) (local.get $end)))
                (local.set $v (v128.load (local.get $from)))
                (local.set $a (i8x16.swizzle (local.get $v)
                  (v128.const i8x16 0 128 3 128 1 128 4 128 2 128 5 128 128 128 128 128)))
                (local.set $b (i8x16.swizzle (local.get $v)
                  (v128.const i8x16 6 128 9 128 7 128 10 128 8 128 11 128 128 128 128 128)))
                (local.set $high (i32x4.add (local.get $high) (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $a) (v128.load32_splat (local.get $w)))
                  (i32x4.dot_i16x8_s (local.get $b) (v128.load32_splat offset=8 (local.get $w))))))
                (local.set $low (i32x4.add (local.get $low) (i32x4.add
                  (i32x4.dot_i16x8_s (local.get $a) (v128.load32_splat offset=4 (local.get $w)))
                  (i32x4.dot_i16x8_s (local.get $b) (v128.load32_splat offset=12 (local.get $w))))))
                (local.set $from (i32.add (local.get $from) (i32.const 12)))
                (local.set $w (i32.add (local.get $w) (i32.const 16)))
                (br $tap)))
            (local.set $v (i32x4.shr_s (i32x4.add (i32x4.shl (local.get $high) (i32.const 11)) (local.get $low))
              (i32.const 22)))
            (local.set $v (i16x8.narrow_i32x4_s (local.get $v) (local.get $v)))
            (v128.store32_lane 0 (local.get $out) (i8x16.narrow_i16x8_u (local.get $v) (local.get $v)))
            (local.set $out (i32.add (local.get $out) (i32.const 3)))
            (local.set $k (i32.add (local.get $k) (local.get $stride)))
            (local.set $x (i32.add (local.get $x) (i32.const 1)))
            (br $column)))
        (local.set $data (i32.add (local.get $data) (local.get $rowBytes)))
        (local.set $rows (i32.sub (local.get $rows) (i32.const 1)))
        (br $row))))

  ;; Along columns, 16 bytes of a row at a time, whatever they mean. The last 16 of a row may reach into the next one,
  ;; which is written later.
  (func (export "columns")
    (param $data i32)     ;; u8 [rows, rowBytes], 16 bytes of slack after it
    (param $rowBytes i32)
    (param $out i32)      ;; u8 [length, rowBytes], 16 bytes of slack after it
    (param $length i32)
    (param $first i32)    ;; i32 [length], first row
    (param $count i32)    ;; i32 [length], taps
    (param $weights i32)  ;; i32 [length, stride / 4]
    (param $stride i32)   ;; bytes
    (local $y i32) (local $x i32) (local $from i32) (local $w i32) (local $end i32) (local $top i32)
    (local $v v128) (local $h v128) (local $k v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (block $done
      (loop $row
        (br_if $done (i32.ge_u (local.get $y) (local.get $length)))
        (local.set $top (i32.add (local.get $data) (i32.mul (local.get $rowBytes)
          (i32.load (i32.add (local.get $first) (i32.shl (local.get $y) (i32.const 2)))))))
        (local.set $end (i32.add (local.get $weights)
          (i32.shl (i32.load (i32.add (local.get $count) (i32.shl (local.get $y) (i32.const 2)))) (i32.const 2))))
        (local.set $x (i32.const 0))
        (block $rowDone
          (loop $chunk
            (br_if $rowDone (i32.ge_u (local.get $x) (local.get $rowBytes)))
            (local.set $from (i32.add (local.get $top) (local.get $x)))
            (local.set $w (local.get $weights))
            (local.set $a (v128.const i32x4 0x200000 0x200000 0x200000 0x200000))
            (local.set $b (local.get $a))
            (local.set $c (local.get $a))
            (local.set $d (local.get $a))
            (block $tapsDone
              (loop $tap
                (br_if $tapsDone (i32.ge_u (local.get $w) (local.get $end)))
                (local.set $v (v128.load (local.get $from)))
                (local.set $k (v128.load32_splat (local.get $w)))
                (local.set $h (i16x8.extend_low_i8x16_u (local.get $v)))
                (local.set $a (i32x4.add (local.get $a) (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $h)) (local.get $k))))
                (local.set $b (i32x4.add (local.get $b) (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $h)) (local.get $k))))
                (local.set $h (i16x8.extend_high_i8x16_u (local.get $v)))
                (local.set $c (i32x4.add (local.get $c) (i32x4.mul (i32x4.extend_low_i16x8_u (local.get $h)) (local.get $k))))
                (local.set $d (i32x4.add (local.get $d) (i32x4.mul (i32x4.extend_high_i16x8_u (local.get $h)) (local.get $k))))
                (local.set $from (i32.add (local.get $from) (local.get $rowBytes)))
                (local.set $w (i32.add (local.get $w) (i32.const 4)))
                (br $tap)))
            (v128.store (i32.add (local.get $out) (local.get $x)) (i8x16.narrow_i16x8_u
              (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $a) (i32.const 22)) (i32x4.shr_s (local.get $b) (i32.const 22)))
              (i16x8.narrow_i32x4_s (i32x4.shr_s (local.get $c) (i32.const 22)) (i32x4.shr_s (local.get $d) (i32.const 22)))))
            (local.set $x (i32.add (local.get $x) (i32.const 16)))
            (br $chunk)))
        (local.set $out (i32.add (local.get $out) (local.get $rowBytes)))
        (local.set $weights (i32.add (local.get $weights) (local.get $stride)))
        (local.set $y (i32.add (local.get $y) (i32.const 1)))
        (br $row)))))

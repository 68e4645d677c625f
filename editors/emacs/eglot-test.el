;;; eglot-test.el --- Drives the server through Emacs' own client  -*- lexical-binding: t -*-

;; usage: emacs -q --batch -l eglot-test.el README.md FILE
;; The configuration is the one that README.md gives; FILE is a copy of the sample. Prints `N passed, M failed'.

(package-initialize)
(require 'eglot)
(require 'seq)

(defvar passed 0)
(defvar failed 0)

(defmacro check (name form)
  "Say whether FORM, which must be true, is NAME."
  `(let ((held (condition-case why ,form (error (princ (format "%S\n" why)) nil))))
     (if held (setq passed (1+ passed)) (setq failed (1+ failed)))
     (princ (format "%s %s\n" (if held "ok  " "FAIL") ,name))))

(defun wait-for (condition)
  "Handle messages until CONDITION holds, for ten seconds at most."
  (let ((end (+ (float-time) 10)) value)
    (while (and (not (setq value (funcall condition))) (< (float-time) end))
      (accept-process-output nil 0.1))
    value))

(defun configuration (page)
  "The first block of Lisp in PAGE."
  (with-temp-buffer
    (insert-file-contents page)
    (search-forward "```elisp\n")
    (let ((start (point)))
      (search-forward "```")
      (buffer-substring start (match-beginning 0)))))

(defun ask (method &rest parameters)
  "Send a request about this file."
  (jsonrpc-request (eglot--current-server-or-lose) method
                   (append (list :textDocument (eglot--TextDocumentIdentifier)) parameters)))

(defun said (words)
  "Whether a diagnostic of this buffer contains WORDS; flymake asks again first."
  (flymake-start)
  (seq-find (lambda (it) (string-match-p words (flymake-diagnostic-text it))) (flymake-diagnostics)))

(pcase-let ((`(,page ,file) command-line-args-left))
  (setq command-line-args-left nil)
  (eval (car (read-from-string (concat "(progn " (configuration page) ")"))) t)
  (setq eglot-sync-connect t eglot-confirm-server-initiated-edits nil)
  (princ (format "emacs %s\n" emacs-version))
  (find-file file))
(python-mode)
(apply #'eglot (append (eglot--guess-contact) '(nil)))

(check "the server answers" (wait-for #'eglot-current-server))
(check "a list for a shape is a diagnostic" (wait-for (lambda () (said "shape"))))
(check "behind a letter that is not ASCII the columns are right"
       (let ((found (said "shape")))
         (equal "[n, 2]" (buffer-substring (flymake-diagnostic-beg found) (flymake-diagnostic-end found)))))
(goto-char (point-min))
(search-forward "acc += x")
(check "hover tells the type"
       (string-match-p "float64"
                       (plist-get (plist-get (ask :textDocument/hover :position (eglot--pos-to-lsp-position (- (point) 8)))
                                             :contents)
                                  :value)))
(check "the symbols are the kernels"
       (equal '("total" "table")
              (seq-map (lambda (it) (plist-get it :name)) (ask :textDocument/documentSymbol))))
(check "a command runs the kernel"
       (string-match-p "6\\.0"
                       (format "%S" (jsonrpc-request (eglot--current-server-or-lose) :workspace/executeCommand
                                                     (list :command "jitcheck.run"
                                                           :arguments (vector (plist-get (eglot--TextDocumentIdentifier) :uri)
                                                                              "total"))
                                                     :timeout 30))))
(goto-char (point-min))
(search-forward "[n, 2")
(check "the quick fix repairs"
       (let* ((place (eglot--pos-to-lsp-position))
              (actions (ask :textDocument/codeAction
                            :range (list :start place :end place) :context '(:diagnostics [])))
              (fix (seq-find (lambda (it) (equal (plist-get it :kind) "quickfix")) actions)))
         (eglot--apply-workspace-edit (plist-get fix :edit))
         (goto-char (point-min))
         (search-forward "np.zeros((n, 2))" nil t)))
;; Emacs tells of changes when it is idle, which it never is in batch mode.
(eglot--signal-textDocument/didChange)
(check "then nothing is said" (wait-for (lambda () (not (said "shape")))))
(set-buffer-modified-p nil)
(princ (format "%d passed, %d failed\n" passed failed))
(kill-emacs (if (> failed 0) 1 0))
